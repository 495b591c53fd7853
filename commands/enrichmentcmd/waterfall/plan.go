package waterfall

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Fit turns a provider's value into what the column holds, as canonical JSON; an error says why it does not fit.
type Fit func(column kernel.ColumnID, value any) (json.RawMessage, error)

// Plan is a column's waterfall made ready. It is safe for concurrent use.
type Plan struct {
	column    kernel.ColumnID
	config    enrichment.Config
	condition *condition.Condition
	steps     []step
	fit       Fit
}

type step struct {
	enrichment.Step
	provider  enrichment.Provider
	caller    enrichment.Caller
	outputs   []enrichment.Field
	condition *condition.Condition
	validator *enrichment.CompiledValidator
	host      string // whom the config asks, where it says so
	budgets   enrichment.Budgets
	of        string                  // tells apart what a dynamic provider is asked for
	asks      []byte                  // what of the config decides what is asked
	taken     string                  // names the config, which takes the outputs
	takes     enrichment.Reprojecting // nil: from replies that are recorded, other outputs can't be taken
}

// Compile makes a normalised configuration ready.
func (e *Engine) Compile(p enrichment.Plan, columns []enrichment.Column, fit Fit) (*Plan, error) {
	out := &Plan{column: p.ColumnID, config: p.Config, fit: fit}
	if out.fit == nil {
		out.fit = func(_ kernel.ColumnID, v any) (json.RawMessage, error) { return json.Marshal(v) }
	}
	var err error
	if out.condition, err = condition.Compile(p.Config.Condition, columns); err != nil {
		return nil, fmt.Errorf("the row's condition: %w", err)
	}
	for i, s := range p.Config.Steps {
		st, err := e.compileStep(s, columns)
		if err != nil {
			return nil, fmt.Errorf("step %d (%s): %w", i+1, s.Provider, err)
		}
		out.steps = append(out.steps, st)
	}
	return out, nil
}

func (e *Engine) compileStep(s enrichment.Step, columns []enrichment.Column) (step, error) {
	caller, ok := e.registry.Caller(s.Provider)
	if !ok {
		return step{}, fmt.Errorf("there is no provider %q any more", s.Provider)
	}
	st := step{Step: s, caller: caller}
	st.provider, _ = e.registry.Provider(s.Provider)
	st.provider.Limits = st.provider.At(s.Pace)
	if r, ok := caller.(enrichment.Repeatable); ok && r.IdempotentWith(s.Config) {
		st.provider.Idempotent = true
	}
	if h, ok := caller.(enrichment.Hosted); ok {
		st.host = h.HostOf(s.Config)
	}
	if m, ok := caller.(enrichment.Metered); ok {
		st.budgets = m.BudgetOf(s.Config)
	}
	st.outputs = st.provider.Outputs
	fields, err := e.registry.CheckConfig(s.Provider, s.Config)
	if err != nil {
		return step{}, err
	}
	if st.provider.Dynamic {
		st.outputs = fields
	}
	if err := st.pinAsks(); err != nil {
		return step{}, err
	}
	if st.condition, err = condition.Compile(s.Condition, columns); err != nil {
		return step{}, err
	}
	st.validator, err = enrichment.CompileValidator(s.Validator)
	return st, err
}

// matters reports whether it matters how often the step is asked: it costs, changes something, or is seen by somebody.
func (s *step) matters() bool {
	return !s.provider.Idempotent || s.provider.Price > 0 || s.CredentialID != "" || len(s.Further) > 0 || s.host != ""
}

// Careful reports whether the step must not be asked twice.
func (p *Plan) Careful(step int) bool {
	return step >= 0 && step < len(p.steps) && !p.steps[step].provider.Idempotent
}

// Provider names the provider of the step.
func (p *Plan) Provider(step int) string {
	if step < 0 || step >= len(p.steps) {
		return ""
	}
	return p.steps[step].provider.Slug
}

// AtOnce is how many records a provider of the plan that must not be asked twice takes at the same time, at least 1; 0 if every
// provider may be asked twice.
func (p *Plan) AtOnce() (least int) {
	for _, s := range p.steps {
		if s.provider.Idempotent {
			continue
		}
		n := s.provider.Limits.Concurrency
		if n <= 0 {
			n = defaultConcurrency
		}
		if rate := s.provider.Limits.PerSecond; rate > 0 {
			n = min(n, rate)
		}
		if least == 0 || n < least {
			least = n
		}
	}
	return least
}

// Dearest is the most that an answer of the plan may cost.
func (p *Plan) Dearest() (most kernel.Credits) {
	for _, s := range p.steps {
		most = max(most, s.provider.Price)
	}
	return most
}

// At returns the plan at the prices; a provider that they don't name costs what it does today.
func (p *Plan) At(prices enrichment.Prices) *Plan {
	out := *p
	out.steps = slices.Clone(p.steps)
	for i := range out.steps {
		if price, ok := prices[out.steps[i].provider.Slug]; ok {
			out.steps[i].provider.Price = price
		}
	}
	return &out
}

// Column is the column that the plan fills.
func (p *Plan) Column() kernel.ColumnID { return p.column }

// Columns are the columns that the plan may write.
func (p *Plan) Columns() []kernel.ColumnID {
	out := []kernel.ColumnID{p.column}
	for _, o := range p.config.Outputs {
		out = append(out, o.ColumnID)
	}
	return out
}

// Needs are the columns that the plan reads.
func (p *Plan) Needs() []kernel.ColumnID { return Needs(p.config) }

// Needs are the columns that a normalised configuration reads, each once.
func Needs(c enrichment.Config) []kernel.ColumnID {
	var out []kernel.ColumnID
	seen := map[kernel.ColumnID]bool{}
	add := func(ids ...string) {
		for _, id := range ids {
			if col := kernel.ColumnID(id); col != "" && !seen[col] {
				seen[col] = true
				out = append(out, col)
			}
		}
	}
	add(enrichment.References(c.Condition)...)
	for _, s := range c.Steps {
		add(enrichment.References(s.Condition)...)
		for _, in := range s.Inputs {
			add(string(in.Column))
			add(enrichment.References(in.Template)...)
		}
	}
	return out
}

// Order sorts the plans so that a column comes after those that it reads; a circle keeps the order given.
func Order(plans []enrichment.Plan) []enrichment.Plan {
	writes := map[kernel.ColumnID]int{}
	for i, p := range plans {
		writes[p.ColumnID] = i
		for _, o := range p.Config.Outputs {
			writes[o.ColumnID] = i
		}
	}
	out := make([]enrichment.Plan, 0, len(plans))
	state := make([]int, len(plans))
	var visit func(i int)
	visit = func(i int) {
		if state[i] != 0 {
			return
		}
		state[i] = 1
		for _, c := range Needs(plans[i].Config) {
			if j, ok := writes[c]; ok {
				visit(j)
			}
		}
		out = append(out, plans[i])
	}
	for i := range plans {
		visit(i)
	}
	return out
}

// inputs fills the provider's inputs from the row. It answers the label of a required input that is empty.
func (s *step) inputs(values Values) (in map[string]string, missing string) {
	in = make(map[string]string, len(s.Inputs))
	for name, from := range s.Inputs {
		var text string
		switch {
		case from.Value != nil:
			text = *from.Value
		case from.Template != "":
			text = enrichment.Expand(from.Template, func(ref string) string {
				return enrichment.RawText(values(kernel.ColumnID(ref)))
			})
		default:
			text = enrichment.RawText(values(from.Column))
		}
		if text = trim(text); text != "" {
			in[name] = text
		}
	}
	for _, f := range s.provider.Inputs {
		if f.Required && in[f.Name] == "" {
			return in, f.Label
		}
	}
	return in, ""
}
