package cells

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Units of the table.
const (
	percent  = 100
	gigabyte = 1e9
)

// Report is a comparison of placements over some numbers of cells, all with the same machines.
type Report struct {
	Seed       uint64    `json:"seed"`
	Workspaces int       `json:"workspaces"`
	Days       int       `json:"days"`
	Machines   Machines  `json:"machines"`
	Outcomes   []Outcome `json:"outcomes"`
}

// Sizes are into how many cells the machines are split.
func Sizes() []int { return []int{8, 16, 32, 64} }

// DefaultMachines are those for 10,000 workspaces: as much as 8 servers of 1 TB, each of which writes, projects and indexes 60,000 cells a
// second, copies 100 MB/s beside that, and is restored from its archive at 250 MB/s.
func DefaultMachines() Machines {
	const servers = 8
	return Machines{Writes: servers * 60_000, Bytes: servers << 40, Copy: 100e6, Restore: 250e6} //nolint:mnd // see above
}

// Compare simulates each placement with each number of cells.
func Compare(seed uint64, workspaces, days int, m Machines, tell func(Outcome)) Report {
	r := Report{Seed: seed, Workspaces: workspaces, Days: days, Machines: m}
	for _, n := range Sizes() {
		for _, p := range Placements() {
			o := Run(Config{Seed: seed, Workspaces: workspaces, Cells: n, Days: days, Placement: p, Machines: m})
			r.Outcomes = append(r.Outcomes, o)
			tell(o)
		}
	}
	return r
}

// JSON writes the report.
func (r Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	const head = "%d workspaces over %d days, seed %d; the largest hundredth of them has %.0f %% of the bytes\n"
	if len(r.Outcomes) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, head, r.Workspaces, r.Days, r.Seed, percent*r.Outcomes[0].TopShare); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight) //nolint:mnd // two spaces
	_, _ = fmt.Fprintln(t, "cells\tplacement\tfullest/mean\toverfull\tbusiest hour\tlate\tjobs p99\tmoves\tmoved GB\tpause max\t"+
		"lost cell: at most\tback after\t")
	for _, o := range r.Outcomes {
		const line = "%d\t%s\t%.2f\t%.2f %%\t%.0f %%\t%.3f %%\t%.1f ×\t%d\t%.0f\t%.1f s\t%.1f %%\t%.0f min\t\n"
		_, _ = fmt.Fprintf(t, line, o.Cells, o.Placement, o.Fullest, percent*o.Overfull, percent*o.Busiest, percent*o.Late, o.JobsP99,
			o.Moves, o.MovedBytes/gigabyte, o.PauseMax, percent*o.Hit, o.Back)
	}
	return t.Flush()
}
