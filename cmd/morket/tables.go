package main

import (
	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/tablecli"
)

func rowsCommand() *cobra.Command {
	var cfg tablecli.Config
	c := &cobra.Command{
		Use:   "rows TABLE",
		Short: "Show rows of a server's table, filtered and sorted",
		Example: `  morket rows 'S&P 500' --filter '{"column":"Company","op":"contains","value":"oil"}' ` +
			`--sort Company:desc --fields Symbol,Company`,
		Args: cobra.ExactArgs(1),
	}
	f := c.Flags()
	selectFlags(c, &cfg)
	f.IntVar(&cfg.Limit, "limit", 50, "at most so many rows")
	f.StringVar(&cfg.Format, "format", tablecli.FormatText, "text, in columns with long values shortened, or jsonl, with everything")
	onServer(c, func(server *client.Client, args []string) error {
		cfg.Client, cfg.Table, cfg.Out = server, args[0], c.OutOrStdout()
		return tablecli.Rows(c.Context(), cfg)
	})
	return c
}

func historyCommand() *cobra.Command {
	var cfg tablecli.Config
	c := &cobra.Command{
		Use:     "history TABLE ROW [COLUMN]",
		Short:   "Show each value that a row or a cell ever had, and who wrote it",
		Example: `  morket history 'S&P 500' row_… Company`,
		Args:    cobra.RangeArgs(2, 3),
	}
	f := c.Flags()
	f.IntVar(&cfg.Limit, "limit", 50, "at most so many entries, newest first")
	f.StringVar(&cfg.Format, "format", tablecli.FormatText, "text, or jsonl, with everything: cost, run, confidence, source")
	onServer(c, func(server *client.Client, args []string) error {
		cfg.Client, cfg.Table, cfg.Out = server, args[0], c.OutOrStdout()
		return tablecli.History(c.Context(), cfg, args[1], append(args, "")[2])
	})
	return c
}

func exportCommand() *cobra.Command {
	var cfg tablecli.ExportConfig
	c := &cobra.Command{
		Use:     "export TABLE [--out FILE]",
		Short:   "Save a server's table as CSV or JSON Lines, streamed",
		Example: `  morket export 'S&P 500' --out companies.csv --fields Symbol,Company`,
		Args:    cobra.ExactArgs(1),
	}
	f := c.Flags()
	selectFlags(c, &cfg.Config)
	f.StringVarP(&cfg.File, "out", "o", "", "file to write, .csv or .jsonl (CSV to standard output)")
	f.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no progress and no summary")
	onServer(c, func(server *client.Client, args []string) error {
		cfg.Client, cfg.Table, cfg.Out, cfg.Err = server, args[0], c.OutOrStdout(), c.ErrOrStderr()
		return tablecli.Export(c.Context(), cfg)
	})
	return c
}

// selectFlags are the flags that say which rows and columns.
func selectFlags(c *cobra.Command, cfg *tablecli.Config) {
	f := c.Flags()
	f.StringVar(&cfg.Filter, "filter", "",
		`JSON as in the API, columns by name or id, for example {"column":"Company","op":"contains","value":"oil"}`)
	f.StringVar(&cfg.Text, "text", "", "text that one of the text columns contains")
	f.StringSliceVar(&cfg.Sort, "sort", nil, "columns to sort by, for example Company:desc")
	f.StringSliceVar(&cfg.Fields, "fields", nil, "only these columns, by name or id")
}
