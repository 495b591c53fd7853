package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/morket/morket/domain/dedup/dedupsample"
)

// stepDedup is the step that measures how well duplicates are found among made-up people. It needs no server and is no part of all.
const stepDedup = "dedup"

// Bars of the step.
const (
	dedupRows      = 100_000
	dedupPrecision = 0.98
	dedupRecall    = 0.9
	dedupSeconds   = 20
	dedupSeed      = 11
)

// dedupReport is what the step found.
type dedupReport struct {
	Rows      int     `json:"rows"`
	Groups    int     `json:"groups"`
	Pairs     int     `json:"pairs"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Seconds   float64 `json:"seconds"`
}

// JSON writes the figures.
func (r dedupReport) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func benchDedup(cmd *cobra.Command, rows int, file string) error {
	if rows == 0 {
		rows = dedupRows
	}
	sample := dedupsample.Make(rows, dedupSeed)
	begin := time.Now()
	m, err := dedupsample.Measure(sample, dedupsample.Definition())
	if err != nil {
		return err
	}
	r := dedupReport{m.Rows, m.Groups, m.Told.Pairs, m.Precision, m.Recall, time.Since(begin).Seconds()}
	const says = "rows %d, groups %d, pairs compared %d\nprecision %.4f (bar %.2f), recall %.4f (bar %.2f), %.1f s (bar %d s for %d rows)\n"
	_, err = fmt.Fprintf(cmd.OutOrStdout(), says, r.Rows, r.Groups, r.Pairs,
		r.Precision, dedupPrecision, r.Recall, dedupRecall, r.Seconds, dedupSeconds, dedupRows)
	if err != nil {
		return err
	}
	if err := writeReport(r, file); err != nil {
		return err
	}
	if r.Precision < dedupPrecision || r.Recall < dedupRecall || rows <= dedupRows && r.Seconds > dedupSeconds {
		return errSaid
	}
	return nil
}
