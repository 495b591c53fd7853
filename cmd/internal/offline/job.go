package offline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// job is what to ask of each record.
type job struct {
	registry *enrichment.Registry
	engine   *waterfall.Engine
	columns  columns
	asks     []ask
	plans    []enrichment.Plan
}

// ask is one request made ready.
type ask struct {
	plan  *waterfall.Plan
	added []enrichment.Field // the outputs that become columns
}

// newJob makes the requests ready for a file with the columns.
func newJob(registry *enrichment.Registry, clock kernel.Clock, cols columns, requests []string) (*job, error) {
	if len(requests) == 0 {
		return nil, errors.New("say what to ask with --enrich provider:column; `morket providers` lists the providers")
	}
	engine, err := waterfall.New(waterfall.Config{Registry: registry, Clock: clock, Jitter: rand.Float64})
	if err != nil {
		return nil, err
	}
	cols.original = len(cols.names)
	j := &job{registry: registry, engine: engine, columns: cols}
	for _, text := range requests {
		if err := j.add(text); err != nil {
			return nil, fmt.Errorf("--enrich %q: %w", text, err)
		}
	}
	return j, nil
}

func (j *job) add(text string) error {
	r, err := parseRequest(text, j.columns.has)
	if err != nil {
		return err
	}
	providers, err := j.providers(r.providers)
	if err != nil {
		return err
	}
	outputs, err := chooseOutputs(providers, r.outputs)
	if err != nil {
		return err
	}
	feed, first, err := j.inputs(providers, r.inputs)
	if err != nil {
		return err
	}
	cfg := enrichment.Config{}
	for i, p := range providers {
		cfg.Steps = append(cfg.Steps, enrichment.Step{Provider: p.Slug, Inputs: feed[i], Output: outputs[0].Name})
	}
	cols := j.columns.forEngine()
	rules := enrichment.Rules{Catalogue: j.registry, Expressions: condition.Checker{}, Columns: cols}
	if cfg, err = rules.Normalise(cfg, ""); err != nil {
		return err
	}
	plan := enrichment.Plan{ColumnID: id(len(j.columns.names)), Config: cfg}
	compiled, err := j.engine.Compile(plan, cols, nil)
	if err != nil {
		return err
	}
	j.asks, j.plans = append(j.asks, ask{compiled, outputs}), append(j.plans, plan)
	return j.name(first, outputs, r.outputs)
}

func (j *job) providers(slugs []string) ([]enrichment.Provider, error) {
	var out []enrichment.Provider
	for _, slug := range slugs {
		p, ok := j.registry.Provider(slug)
		switch {
		case !ok:
			var known []string
			for _, p := range j.registry.Providers() {
				if usable(p) == "" {
					known = append(known, p.Slug)
				}
			}
			slices.Sort(known)
			return nil, fmt.Errorf("there is no provider %q%s; there are %s", slug, didYouMean(slug, known), list(known))
		case usable(p) != "":
			return nil, fmt.Errorf("%s %s, so it can only be used in a table on a server", slug, usable(p))
		}
		out = append(out, p)
	}
	return out, nil
}

// usable says why a provider can't be asked without a server; empty if it can.
func usable(p enrichment.Provider) string {
	switch {
	case p.Auth == enrichment.AuthKey:
		return "needs a key"
	case p.Dynamic || len(p.Inputs) == 0 || len(p.Outputs) == 0:
		return "needs a configuration"
	default:
		return ""
	}
}

// mainInput is the input that a column feeds if none is named: the first required one, else the first.
func mainInput(p enrichment.Provider) string {
	for _, f := range p.Inputs {
		if f.Required {
			return f.Name
		}
	}
	return p.Inputs[0].Name
}

// inputs says for each provider which columns feed it, and which column was named first. In a waterfall each provider takes the
// inputs that it knows.
func (j *job) inputs(providers []enrichment.Provider, given []pair) ([]map[string]enrichment.Input, int, error) {
	out := make([]map[string]enrichment.Input, len(providers))
	first := -1
	for _, in := range given {
		column, err := j.columns.find(in.value)
		if err != nil {
			return nil, 0, err
		}
		if first < 0 {
			first = column
		}
		taken := false
		for i, p := range providers {
			name := in.key
			if name == "" {
				name = mainInput(p)
			}
			if _, ok := enrichment.FieldOf(p.Inputs, name); !ok {
				continue
			}
			if out[i] == nil {
				out[i] = map[string]enrichment.Input{}
			}
			if _, twice := out[i][name]; twice {
				return nil, 0, fmt.Errorf("the input %s of %s is given twice; write input=column for each: %s", name, p.Slug, fieldNames(p.Inputs))
			}
			out[i][name], taken = enrichment.Input{Column: id(column)}, true
		}
		if !taken {
			return nil, 0, fmt.Errorf("%s has no input %q%s; it takes %s", slugs(providers), in.key, didYouMean(in.key, names(providers[0].Inputs)),
				fieldNames(providers[0].Inputs))
		}
	}
	for i, p := range providers {
		for _, f := range p.Inputs {
			if _, ok := out[i][f.Name]; f.Required && !ok {
				return nil, 0, fmt.Errorf("%s needs the input %s; write %s:%s=column", p.Slug, f.Name, p.Slug, f.Name)
			}
		}
		if len(out[i]) == 0 {
			return nil, 0, fmt.Errorf("%s is given no input; it takes %s", p.Slug, fieldNames(p.Inputs))
		}
	}
	return out, first, nil
}

// chooseOutputs returns the outputs that become columns. All providers of a waterfall must have the first, since it decides whether
// something was found; unless they are named, they are the ones that all have, without lists and objects.
func chooseOutputs(providers []enrichment.Provider, named []pair) ([]enrichment.Field, error) {
	var out []enrichment.Field
	if len(named) == 0 {
		for _, f := range providers[0].Outputs {
			if f.Type != enrichment.FieldList && f.Type != enrichment.FieldObject && lacking(providers, f.Name) == "" {
				out = append(out, f)
			}
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("%s have no output in common, so they can't stand in for each other", slugs(providers))
		}
		return out, nil
	}
	for i, n := range named {
		if i == 0 {
			if p := lacking(providers, n.key); p != "" {
				return nil, unknownOutput(providers, p, n.key)
			}
		}
		at := slices.IndexFunc(providers, func(p enrichment.Provider) bool { _, ok := enrichment.FieldOf(p.Outputs, n.key); return ok })
		if at < 0 {
			return nil, unknownOutput(providers, providers[0].Slug, n.key)
		}
		f, _ := enrichment.FieldOf(providers[at].Outputs, n.key)
		out = append(out, f)
	}
	return out, nil
}

// lacking names a provider without the output.
func lacking(providers []enrichment.Provider, output string) string {
	for _, p := range providers {
		if _, ok := enrichment.FieldOf(p.Outputs, output); !ok {
			return p.Slug
		}
	}
	return ""
}

func unknownOutput(providers []enrichment.Provider, slug, output string) error {
	i := slices.IndexFunc(providers, func(p enrichment.Provider) bool { return p.Slug == slug })
	fields := providers[i].Outputs
	return fmt.Errorf("%s has no output %q%s; it gives %s", slug, output, didYouMean(output, names(fields)), fieldNames(fields))
}

// name gives the new columns names of their own.
func (j *job) name(first int, outputs []enrichment.Field, named []pair) error {
	base := j.columns.names[first]
	for i, f := range outputs {
		name := strings.TrimSpace(base + " " + f.Name)
		if i < len(named) && named[i].value != "" {
			name = named[i].value
		}
		if j.columns.has(name) {
			return fmt.Errorf("there is a column %q already; call the new one differently: ->%s=New name", name, f.Name)
		}
		j.columns.names = append(j.columns.names, name)
	}
	return nil
}

func names(fields []enrichment.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

func fieldNames(fields []enrichment.Field) string { return list(names(fields)) }

func slugs(providers []enrichment.Provider) string {
	out := make([]string, len(providers))
	for i, p := range providers {
		out[i] = p.Slug
	}
	return strings.Join(out, " and ")
}
