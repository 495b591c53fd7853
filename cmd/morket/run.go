package main

import (
	"errors"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/offline"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func runCommand() *cobra.Command {
	var cfg offline.Config
	c := &cobra.Command{
		Use:   "run FILE --enrich provider:column… [--out FILE]",
		Short: "Enrich a CSV or JSON Lines file, without a server",
		Long: `Asks providers for each record of a file and writes the file again with the answers in new columns. FILE is CSV in any dialect, TSV
or JSON Lines; - is standard input. Rows keep their order and what is in them. It needs neither a server nor settings; of those that
are made, it obeys what the server's providers do: MORKET_DNS_SERVER, MORKET_DIAL_ALLOW and MORKET_PROVIDER_PRICES.

How the file is written (encoding, delimiter, header) is found out, and can be said; the names are those of the import's preview in
the API. An encoding that is not certain has to be said.

What to ask:
` + offline.Grammar + `

The result is CSV, JSON Lines, JSON, an Excel workbook or Parquet, by the name of --out. Cells of a workbook that come from CSV are text,
so that zeros before a number stay; all columns of Parquet are text.

Records that can't be read are left out and, with --errors, written there as they are.`,
		Example: `  morket run leads.csv --enrich email_check:email --out result.csv
  morket run leads.csv --enrich 'name_split:Name->first_name=First,last_name=Last' ` +
			`--enrich phone_normalise:phone=Phone,country=Country --out result.csv
  morket run leads.jsonl --enrich 'domain_from:email=email,company=company->domain=Domain' ` +
			`--enrich 'dns_facts:Domain->mail_vendor' --out result.csv
  cat leads.csv | morket run - --enrich email_check:email --format jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one file: morket run leads.csv --enrich email_check:email --out result.csv; - is standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			cfg.In, cfg.Clock = args[0], kernel.SystemClock{}
			cfg.Stdin, cfg.Stdout, cfg.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			cfg.Terminal = term.IsTerminal(int(os.Stderr.Fd()))
			settings, err := config.FromOS()
			if err != nil {
				return err
			}
			pages, err := boot.NewPages(boot.PagesConfig{Settings: settings, Clock: cfg.Clock, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				return err
			}
			defer pages.Close()
			if cfg.Registry, err = boot.Providers(settings, cfg.Clock, pages, nil); err != nil {
				return err
			}
			cfg.Said = said(cmd.Flags())
			if err = offline.Run(cmd.Context(), cfg); errors.Is(err, offline.ErrStopped) {
				err = errSaid
			}
			return err
		},
	}
	runFlags(c.Flags(), &cfg)
	return c
}

func runFlags(f *pflag.FlagSet, cfg *offline.Config) {
	f.StringArrayVarP(&cfg.Enrich, "enrich", "e", nil, "what to ask, see above; may be given several times")
	f.StringVarP(&cfg.Out, "out", "o", "-", "file to write; - is standard output")
	f.StringVar(&cfg.Format, "format", "", "csv, jsonl, json, xlsx or parquet (by the name of --out, else as the input)")
	f.StringVar(&cfg.Errors, "errors", "", "CSV file for records that can't be read and questions that failed")
	f.StringVar(&cfg.Header, "header", "auto", "whether the first line of a CSV file holds the columns' names: auto, yes or no")
	f.String("input-format", "", "how FILE is written: csv or jsonl (found out)")
	f.String("encoding", "", "FILE's encoding, for example utf-8, windows-1252 or shift_jis (found out)")
	f.String("delimiter", "", "what stands between fields of a CSV file, one character (found out)")
	f.Int64("header-line", 0, "the line of the header or, without one, of the first record, from 1; what is above is left out (found out)")
	f.String("escape", "", `how a quote stands in quotes: doubled if empty, or \ (found out)`)
	f.IntVar(&cfg.Concurrency, "concurrency", offline.DefaultConcurrency, "records asked for at once, 1 to 64")
	f.BoolVar(&cfg.DryRun, "dry-run", false, "say what it would cost, and ask nothing")
	f.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no progress and no summary")
}

// said is what the flags say of how the file is read.
func said(f *pflag.FlagSet) (c dataops.Choice) {
	if v, err := f.GetString("input-format"); err == nil && f.Changed("input-format") {
		c.Format = (*dataops.Format)(&v)
	}
	if v, err := f.GetString("encoding"); err == nil && f.Changed("encoding") {
		c.Encoding = (*dataops.Encoding)(&v)
	}
	if v, err := f.GetString("delimiter"); err == nil && f.Changed("delimiter") {
		c.Delimiter = &v
	}
	if v, err := f.GetInt64("header-line"); err == nil && f.Changed("header-line") {
		c.HeaderLine = &v
	}
	if v, err := f.GetString("escape"); err == nil && f.Changed("escape") {
		c.Escape = &v
	}
	return c
}
