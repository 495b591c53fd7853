package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// estimate reads the file and says what asking would cost.
func (c Config) estimate(ctx context.Context, src *source, j *job) error {
	records, err := src.stream()
	if err != nil {
		return err
	}
	var rows, bad int64
	for ctx.Err() == nil {
		rec, err := records.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if rec.Problem != "" {
			bad++
		} else {
			rows++
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	price := func(slug string) kernel.Credits {
		p, _ := j.registry.Provider(slug)
		return p.Price
	}
	e := enrichment.EstimateRun(j.plans, rows, price, func(string) (float64, bool) { return 0, false })
	w := c.Stdout
	fmt.Fprintf(w, "%s to ask for", count(rows, "row"))
	if bad > 0 {
		fmt.Fprintf(w, ", %s that can't be read", count(bad, "record"))
	}
	fmt.Fprintf(w, "; nothing was asked\n%d new columns: %s\n", len(j.columns.names)-j.columns.original, list(j.columns.names[j.columns.original:]))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "provider\tcalls at most\tlikely credits\t")
	for _, p := range e.PerProvider {
		fmt.Fprintf(tw, "%s\t%s\t%s\t\n", p.Provider, group(p.Calls), p.Likely)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "credits: %s at least, %s likely, %s at most\n", e.Min, e.Likely, e.Max)
	return err
}

// Providers writes a table of the providers that need neither a key nor a configuration.
func Providers(w io.Writer, registry *enrichment.Registry) error {
	all := registry.Providers()
	slices.SortStableFunc(all, func(a, b enrichment.Provider) int { return len(usable(a)) - len(usable(b)) })
	for _, p := range all {
		if why := usable(p); why != "" {
			fmt.Fprintf(w, "%s: %s\n  %s, so it is for tables on a server\n\n", p.Slug, p.Description, why)
			continue
		}
		fmt.Fprintf(w, "%s: %s\n  inputs   %s\n  outputs  %s\n  price    %s credits an answer\n\n", p.Slug, p.Description, inputsOf(p), fieldNames(p.Outputs), p.Price)
	}
	return nil
}

func inputsOf(p enrichment.Provider) string {
	out := make([]string, len(p.Inputs))
	for i, f := range p.Inputs {
		out[i] = f.Name
		if f.Name == mainInput(p) {
			out[i] += " (main)"
		}
	}
	return list(out)
}
