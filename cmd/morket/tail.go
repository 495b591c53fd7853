package main

import (
	"errors"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/tail"
)

func tailCommand() *cobra.Command {
	var cfg tail.Config
	var server func() (*client.Client, error)
	c := &cobra.Command{
		Use:   "tail",
		Short: "Follow a workspace's events, one JSON line each",
		Long: `Follows the change feed of a server with an API key: every event that the key may see, in order, from any position. The lines are
CloudEvents, the same as on RabbitMQ and in webhooks. When the connection is lost it connects again and goes on where it was.`,
		Example: `  export MORKET_API_KEY=mk_…
  morket tail --after 0 --types 'table.*,run.finished'
  morket tail --after 0 --stop > events.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if cfg.Client, err = server(); err != nil {
				return err
			}
			cfg.Out, cfg.Err = cmd.OutOrStdout(), cmd.ErrOrStderr()
			err = tail.Run(cmd.Context(), cfg)
			if errors.Is(err, syscall.EPIPE) { // the reader has seen enough
				return nil
			}
			return err
		},
	}
	server = serverFlags(c)
	f := c.Flags()
	f.StringVar(&cfg.After, "after", "now", "the position to begin after: 0 is the beginning, now the present end")
	f.StringVar(&cfg.Types, "types", "", "patterns of event types, separated by commas")
	f.StringVar(&cfg.Table, "table", "", "only events of this table")
	f.BoolVar(&cfg.Stop, "stop", false, "stop at the present end instead of following")
	return c
}
