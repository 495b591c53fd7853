// Package quality measures how often the providers that need no key are right, on labelled cases that are part of the program. Nothing is
// looked up: domains are judged by what their names suggest.
package quality

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/morket/morket/adapters/outbound/providers/companyname"
	"github.com/morket/morket/adapters/outbound/providers/domainfrom"
	"github.com/morket/morket/adapters/outbound/providers/namesplit"
	"github.com/morket/morket/adapters/outbound/providers/phonenormalise"
	"github.com/morket/morket/adapters/scrape/extract/imprint"
	"github.com/morket/morket/domain/enrichment"
)

//go:embed data/*.csv
var data embed.FS

// Figure is how one kind of answer did.
type Figure struct {
	Kind  string `json:"kind"`
	Cases int    `json:"cases"`
	// Precision is the share of right answers among those given, Recall that of right answers among the cases that have one.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	// First is the share of the cases that have an answer whose first guess is right, Among that whose guesses have it at all; of
	// kinds that give one answer the two are Recall.
	First float64 `json:"first"`
	Among float64 `json:"among"`
	// Bars are what the figures must reach.
	Bars Bars `json:"bars"`
	// Wrong are the cases that were answered wrongly or not, for a closer look.
	Wrong []Miss `json:"wrong,omitempty"`
}

// Bars are the least that figures may be.
type Bars struct {
	Precision float64 `json:"precision"`
	First     float64 `json:"first"`
	Among     float64 `json:"among"`
}

// Miss is a case that was not answered rightly.
type Miss struct {
	Case string `json:"case"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// OK reports whether the bars are reached.
func (f Figure) OK() bool {
	return f.Precision >= f.Bars.Precision && f.First >= f.Bars.First && f.Among >= f.Bars.Among
}

// Report is all figures.
type Report struct {
	Figures []Figure `json:"figures"`
}

// OK reports whether every bar is reached.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Figures, func(f Figure) bool { return !f.OK() })
}

// kind is a kind of answers: its file, and how a record of it is answered. Want is empty where there is no answer, and has several where
// each is right; got are the guesses, the likeliest first.
type kind struct {
	name, file string
	bars       Bars
	ask        func(ctx context.Context, record []string) (want, got []string, err error)
	wants      func(record []string) bool       // nil: all
	split      func(record []string) [][]string // into cases; nil: a record is one
}

// kinds lists what is measured. The bars are a little under what was measured when they were set, and are raised with it.
func kinds() []kind {
	heldOut := func(r []string) bool { return domainfrom.HeldOut(r[0]) }
	return []kind{
		{"phone", "phone.csv", Bars{Precision: 0.99, First: 0.98, Among: 0.98}, askPhone, nil, nil},
		{"name", "name.csv", Bars{Precision: 0.98, First: 0.98, Among: 0.98}, askName, nil, nil},
		{"company name", "companyname.csv", Bars{Precision: 0.97, First: 0.97, Among: 0.97}, askCompany, nil, nil},
		{"domain from a company's name (held out)", "domain.csv", Bars{Precision: 0.64, First: 0.64, Among: 0.88}, askDomain, heldOut, nil},
		{"the same, names in capitals, no country", "domain.csv", Bars{Precision: 0.63, First: 0.63, Among: 0.81}, askCapitals, heldOut, nil},
		{"facts of imprints", "imprint.csv", Bars{Precision: 0.97, First: 0.9, Among: 0.9}, askImprint, nil, byFact},
	}
}

// Measure asks every case.
func Measure(ctx context.Context) (Report, error) {
	var out Report
	for _, k := range kinds() {
		f, err := k.measure(ctx)
		if err != nil {
			return out, fmt.Errorf("measure %s: %w", k.name, err)
		}
		out.Figures = append(out.Figures, f)
	}
	return out, nil
}

func (k kind) measure(ctx context.Context) (Figure, error) {
	f := Figure{Kind: k.name, Bars: k.bars}
	raw, err := data.ReadFile("data/" + k.file)
	if err != nil {
		return f, err
	}
	records, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return f, err
	}
	var answered, right, answerable, first, among float64
	cases := records[1:]
	if k.split != nil {
		cases = nil
		for _, r := range records[1:] {
			cases = append(cases, k.split(r)...)
		}
	}
	for _, r := range cases {
		if k.wants != nil && !k.wants(r) {
			continue
		}
		want, got, err := k.ask(ctx, r)
		if err != nil {
			return f, fmt.Errorf("%q: %w", r, err)
		}
		f.Cases++
		hit := slices.IndexFunc(got, func(g string) bool { return slices.Contains(want, g) })
		if len(want) > 0 {
			answerable++
		}
		if len(got) > 0 {
			answered++
		}
		if hit == 0 {
			right, first = right+1, first+1
		}
		if hit >= 0 {
			among++
		}
		if hit < 0 && len(want)+len(got) > 0 {
			f.Wrong = append(f.Wrong, Miss{strings.Join(r, " | "), strings.Join(want, " "), strings.Join(got, " ")})
		}
	}
	f.Precision, f.Recall, f.First, f.Among = share(right,
		answered), share(right, answerable), share(first, answerable), share(among, answerable)
	return f, nil
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// answer asks a provider; that it can do nothing with an input is no answer.
func answer(ctx context.Context, p enrichment.Caller, inputs map[string]string) (map[string]any, error) {
	reply, err := p.Call(ctx, enrichment.Request{Inputs: inputs})
	if err != nil && enrichment.AsCallError(err).Kind == enrichment.CallBadInput {
		return nil, nil
	}
	return reply.Outputs, err
}

func some(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

func text(outputs map[string]any, name string) string {
	s, _ := outputs[name].(string)
	return s
}

func askPhone(ctx context.Context, r []string) (want, got []string, err error) {
	out, err := answer(ctx, phonenormalise.New(), map[string]string{"phone": r[0], "country": r[1]})
	return some(r[2]), some(text(out, "e164")), err
}

func askName(ctx context.Context, r []string) (want, got []string, err error) {
	out, err := answer(ctx, namesplit.New(), map[string]string{"name": r[0]})
	return parts(r[1], r[2], r[3]), parts(text(out, "first_name"), text(out, "middle_name"), text(out, "last_name")), err
}

func parts(first, middle, last string) []string {
	return some(strings.Trim(first+"|"+middle+"|"+last, "|"))
}

func askCompany(ctx context.Context, r []string) (want, got []string, err error) {
	out, err := answer(ctx, companyname.New(), map[string]string{"company": r[0]})
	return some(r[1]), some(text(out, "name")), err
}

func askDomain(_ context.Context, r []string) (want, got []string, err error) {
	return strings.Fields(r[2]), domainfrom.Candidates(companyname.Normalise, r[0], r[1]), nil
}

func askCapitals(_ context.Context, r []string) (want, got []string, err error) {
	return strings.Fields(r[2]), domainfrom.Candidates(companyname.Normalise, strings.ToUpper(r[0]), ""), nil
}

// facts are the columns of imprint.csv behind the text and the country.
func facts() []string {
	return []string{"legal_name", "address", "vat_id", "registration_number", "phone"}
}

// byFact makes a case of each fact of an imprint: the fact's name, the text, the country and the value.
func byFact(r []string) (out [][]string) {
	for i, name := range facts() {
		out = append(out, []string{name, r[0], r[1], r[2+i]})
	}
	return out
}

func askImprint(_ context.Context, r []string) (want, got []string, err error) {
	f := imprint.Find(r[1], r[2])
	found := map[string]string{
		"legal_name": f.Name, "address": f.Address, "vat_id": f.Tax,
		"registration_number": f.Registration, "phone": f.Phone,
	}
	return some(r[3]), some(found[r[0]]), nil
}

// Table writes the figures for people.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\tcases\tprecision\trecall\tfirst guess\tamong ≤ 8\tbars\t")
	for _, f := range r.Figures {
		verdict := "ok"
		if !f.OK() {
			verdict = "MISSED"
		}
		_, _ = fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t≥ %s, %s, %s\t%s\n", f.Kind, f.Cases, percent(f.Precision), percent(f.Recall),
			percent(f.First), percent(f.Among),
			percent(f.Bars.Precision), percent(f.Bars.First), percent(f.Bars.Among), verdict)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// JSON writes the figures and what was wrong.
func (r Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
