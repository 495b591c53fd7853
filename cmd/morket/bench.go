package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/bench"
	"github.com/morket/morket/cmd/internal/config"
)

func benchCommand() *cobra.Command {
	var file, profiles string
	var rows, documents int
	c := &cobra.Command{
		Use:   "bench [log|projection|relay|analytics|search|import|bytes|grid|run|workflow|companies|quality|dedup|cells|all]",
		Short: "Measure the product against its limits, on a throw-away server of its own",
		Long: "Starts its own Postgres, Temporal and server in a temporary folder, measures, and removes them again. Each figure stands " +
			"beside what\nthe same machine does at best with the same data, measured by turns in the same run. It fails when a bar is " +
			"missed.\nThe step quality needs no server: it asks the providers that need no key for labelled cases, " +
			"and tells how often they are right.\n" +
			"The step dedup needs none either: it looks for duplicates among made-up people, and tells how many of them it finds.\n" +
			"The step cells simulates 10,000 workspaces over the cells of ARCHITECTURE.md's plan past one machine, without a server.",
		ValidArgs: append(bench.Steps(), stepQuality, stepDedup, stepCells, "all"),
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			step := ""
			if len(args) > 0 && args[0] != "all" {
				step = args[0]
			}
			switch step { // those that need no server
			case stepQuality:
				return benchQuality(cmd, file)
			case stepDedup:
				return benchDedup(cmd, rows, file)
			case stepCells:
				return benchCells(cmd, file)
			}
			cfg, err := config.FromOS()
			if err != nil {
				return err
			}
			report, err := bench.Run(cmd.Context(), bench.Config{
				Server: cfg, Step: step, Rows: rows, Documents: documents, Profiles: profiles, Progress: cmd.ErrOrStderr(),
			})
			if err != nil {
				return err
			}
			if err := report.Table(cmd.OutOrStdout()); err != nil {
				return err
			}
			if err := writeReport(report, file); err != nil {
				return err
			}
			if !report.OK() {
				return errSaid
			}
			return nil
		},
	}
	c.Flags().IntVar(&rows, "rows", 0, "rows of the table that is imported, read, edited and enriched; 0: 100,000, and 70,000 of long texts")
	c.Flags().IntVar(&documents, "documents", 0, "rows that the step search looks among; 0: 1,000,000")
	c.Flags().StringVar(&file, "json", "", "also write the figures as JSON to this file")
	c.Flags().StringVar(&profiles, "profiles", "", "write profiles of each step into this folder")
	return c
}

// writeReport writes the figures into the file, if one is named.
func writeReport(r interface{ JSON(w io.Writer) error }, file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := r.JSON(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("write the figures: %w", err)
	}
	return f.Close()
}
