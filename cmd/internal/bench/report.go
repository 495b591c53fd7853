package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
	"time"
)

// Ratio is a figure beside its limit.
type Ratio struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // what the product does
	Limit float64 `json:"limit"` // what is possible, measured in the same run; or a fixed figure to reach
	Unit  string  `json:"unit"`
	Ratio float64 `json:"ratio"`         // Value / Limit
	Bar   float64 `json:"bar,omitempty"` // what Ratio must reach; 0: the ratio is only told
	// AtLeast and AtMost are what Value must reach, or must not exceed; 0: no such bar.
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"`
	Note    string  `json:"note,omitempty"`
	Failed  bool    `json:"failed,omitempty"` // the answer was wrong, however fast it came
}

// OK says whether the bars are reached.
func (r Ratio) OK() bool {
	return !r.Failed && r.Ratio >= r.Bar && r.Value >= r.AtLeast && (r.AtMost == 0 || r.Value <= r.AtMost)
}

// bar is the bar as text.
func (r Ratio) bar() string {
	var s string
	add := func(v float64, format string) {
		if v != 0 {
			s += fmt.Sprintf(format, short(v)) + " "
		}
	}
	add(r.Bar, "≥ %s ×")
	add(r.AtLeast, "≥ %s")
	add(r.AtMost, "≤ %s")
	return s
}

// Report is what a run of the bench found.
type Report struct {
	At      time.Time `json:"at"`
	CPUs    int       `json:"cpus"`
	Load    string    `json:"load"` // of the machine when the bench began and ended, as the system tells it
	Figures []Ratio   `json:"figures"`
}

// OK says whether every bar is reached.
func (r Report) OK() bool {
	for _, f := range r.Figures {
		if !f.OK() {
			return false
		}
	}
	return true
}

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\tvalue\tlimit\tunit\tratio\tbar\t\t")
	for _, f := range r.Figures {
		verdict := "ok"
		if !f.OK() {
			verdict = "MISSED"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.2f\t%s\t%s\t%s\n", f.Name, short(f.Value), short(f.Limit), f.Unit, f.Ratio, f.bar(), verdict,
			f.Note)
	}
	_, _ = fmt.Fprintf(t, "%d processors, load %s\n", r.CPUs, r.Load)
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// JSON writes the report for programs; each figure says in pass whether it reaches its bar.
func (r Report) JSON(w io.Writer) error {
	type figure struct {
		Ratio
		Pass bool `json:"pass"`
	}
	figures := make([]figure, len(r.Figures))
	for i, f := range r.Figures {
		figures[i] = figure{f, f.OK()}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Report
		Figures []figure `json:"figures"`
		Pass    bool     `json:"pass"`
	}{r, figures, r.OK()})
}

// short writes a figure with three significant digits, and whole numbers from a hundred on.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}
