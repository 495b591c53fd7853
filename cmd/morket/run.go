package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/offline"
	"github.com/morket/morket/domain/kernel"
)

func runCommand() *cobra.Command {
	var cfg offline.Config
	c := &cobra.Command{
		Use:   "run FILE --enrich provider:column… [--out FILE]",
		Short: "Enrich a CSV or JSON Lines file, without a server",
		Long: `Asks providers for each record of a file and writes the file again with the answers in new columns. FILE is CSV in any dialect, TSV
or JSON Lines; - is standard input. Rows keep their order and what is in them. It needs neither a server nor settings.

What to ask:
` + offline.Grammar + `

Records that can't be read are left out and, with --errors, written there as they are.`,
		Example: `  morket run leads.csv --enrich email_check:email --out result.csv
  morket run leads.csv --enrich 'name_split:Name->first_name=First,last_name=Last' --enrich phone_normalise:phone=Phone,country=Country --out result.csv
  morket run leads.jsonl --enrich 'domain_from:email=email,company=company->domain=Domain' --enrich 'dns_facts:Domain->mail_vendor' --out result.csv
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
			if cfg.Registry, err = boot.Providers(cfg.Clock, boot.Reach{}); err != nil {
				return err
			}
			if err = offline.Run(cmd.Context(), cfg); errors.Is(err, offline.ErrStopped) {
				err = errSaid
			}
			return err
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&cfg.Enrich, "enrich", "e", nil, "what to ask, see above; may be given several times")
	f.StringVarP(&cfg.Out, "out", "o", "-", "file to write; - is standard output")
	f.StringVar(&cfg.Format, "format", "", "csv or jsonl (by the name of --out, else as the input)")
	f.StringVar(&cfg.Errors, "errors", "", "CSV file for records that can't be read and questions that failed")
	f.StringVar(&cfg.Header, "header", "auto", "whether the first line of a CSV file holds the columns' names: auto, yes or no")
	f.IntVar(&cfg.Concurrency, "concurrency", offline.DefaultConcurrency, "records asked for at once, 1 to 64")
	f.BoolVar(&cfg.DryRun, "dry-run", false, "say what it would cost, and ask nothing")
	f.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no progress and no summary")
	return c
}

func providersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "providers",
		Short: "List the built-in providers with their inputs, outputs and prices",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			registry, err := boot.Providers(kernel.SystemClock{}, boot.Reach{})
			if err != nil {
				return err
			}
			return offline.Providers(cmd.OutOrStdout(), registry)
		},
	}
}
