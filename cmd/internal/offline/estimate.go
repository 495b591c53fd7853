package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	e := enrichment.EstimateRun(j.plans, rows, price, func(string) (float64, bool) { return 0, false }, j.registry.Charges)
	added := j.columns.names[j.columns.original:]
	var b strings.Builder
	b.WriteString(count(rows, "row") + " to ask for")
	if bad > 0 {
		b.WriteString(", " + count(bad, "record") + " that can't be read")
	}
	fmt.Fprintf(&b, "; nothing was asked\n%s: %s\n", count(int64(len(added)), "new column"), list(added))
	table := [][]string{{"provider", "likely calls", "likely credits"}}
	for _, p := range e.PerProvider {
		table = append(table, []string{p.Provider, group(p.Calls), p.Likely.String()})
	}
	b.WriteString(aligned(table))
	fmt.Fprintf(&b, "credits: %s at least, %s likely, %s at most\n", e.Min, e.Likely, e.Max)
	if e.MaxBill > 0 {
		fmt.Fprintf(&b, "on your own bills with vendors that charge by use: $%s likely, $%s at most\n", e.LikelyBill, e.MaxBill)
	}
	_, err = io.WriteString(c.Stdout, b.String())
	return err
}

// Providers lists the providers with what they take, give and cost; first those that can be asked without a server.
func Providers(w io.Writer, registry *enrichment.Registry) error {
	all := registry.Providers()
	slices.SortStableFunc(all, func(a, b enrichment.Provider) int { return len(usable(a)) - len(usable(b)) })
	var b strings.Builder
	for _, p := range all {
		if why := usable(p); why != "" {
			fmt.Fprintf(&b, "%s: %s\n  %s, so it is for tables on a server\n\n", p.Slug, p.Description, why)
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n  inputs   %s\n  outputs  %s\n  price    %s credits an answer\n\n", p.Slug, p.Description, inputsOf(p),
			fieldNames(p.Outputs), p.Price)
	}
	_, err := io.WriteString(w, b.String())
	return err
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
