package main

import (
	"errors"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/tail"
)

// defaultServer is where a server listens that was started without settings.
const defaultServer = "http://127.0.0.1:8080"

func tailCommand() *cobra.Command {
	var cfg tail.Config
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
			cfg.Out, cfg.Err = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if cfg.Key == "" {
				cfg.Key = os.Getenv("MORKET_API_KEY")
			}
			if cfg.URL == "" {
				cfg.URL = os.Getenv("MORKET_SERVER")
			}
			if cfg.URL == "" {
				cfg.URL = defaultServer
			}
			err := tail.Run(cmd.Context(), cfg)
			if errors.Is(err, syscall.EPIPE) { // the reader has seen enough
				return nil
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.URL, "server", "", "the server's address (MORKET_SERVER; "+defaultServer+")")
	f.StringVar(&cfg.Key, "key", "", "the API key; better in MORKET_API_KEY, where other users of the machine don't see it")
	f.StringVar(&cfg.Workspace, "workspace", "", "the workspace (the key's)")
	f.StringVar(&cfg.After, "after", "now", "the position to begin after: 0 is the beginning, now the present end")
	f.StringVar(&cfg.Types, "types", "", "patterns of event types, separated by commas")
	f.StringVar(&cfg.Table, "table", "", "only events of this table")
	f.BoolVar(&cfg.Stop, "stop", false, "stop at the present end instead of following")
	return c
}
