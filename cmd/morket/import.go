package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/tablecli"
)

func importCommand() *cobra.Command {
	var cfg tablecli.ImportConfig
	c := &cobra.Command{
		Use:   "import FILE --table TABLE",
		Short: "Put a CSV or JSON Lines file into a server's table",
		Long: `Sends a file to a server, which finds out how it is written, and puts its records into the columns of the same names. ` +
			`With --key-column, a
record changes the row whose key columns are equal, and is a new row where there is none; without, all are new rows. The import can be
undone in Morket. It is a failure of the command if records were left out; --errors saves those.`,
		Example: `  morket import companies.csv --table 'S&P 500' --key-column Symbol --errors left-out.csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || cfg.Table == "" {
				return errors.New("name a file and a table: morket import companies.csv --table Companies")
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Table, "table", "", "the table, by name or id")
	f.StringSliceVar(&cfg.Keys, "key-column", nil, "columns of the table that say which row a record is of")
	f.StringVar(&cfg.Encoding, "encoding", "", "FILE's encoding, for example utf-8 or windows-1252 (found out)")
	f.StringVar(&cfg.Errors, "errors", "", "CSV file for records that were left out")
	f.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no progress and no summary")
	onServer(c, func(server *client.Client, args []string) error {
		cfg.Client, cfg.File, cfg.Err = server, args[0], c.ErrOrStderr()
		return tablecli.Import(c.Context(), cfg)
	})
	return c
}
