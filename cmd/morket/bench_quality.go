package main

import (
	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/quality"
)

// stepQuality is the step that measures answers instead of the machine. It is no part of all.
const stepQuality = "quality"

func benchQuality(cmd *cobra.Command, file string) error {
	report, err := quality.Measure(cmd.Context())
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
}
