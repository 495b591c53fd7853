package enrichment

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

// Catalogue knows the providers.
type Catalogue interface {
	// Provider describes a provider; false if there is none with the slug.
	Provider(slug string) (Provider, bool)
	// CheckConfig says what is wrong with a step's config, and the outputs of a dynamic provider.
	CheckConfig(slug string, config json.RawMessage) ([]Field, error)
}

// Expressions compiles conditions.
type Expressions interface {
	// Check says what is wrong with an expression whose references have been pinned.
	Check(source string, columns []Column) error
}

// Rules are what a configuration is checked against.
type Rules struct {
	Catalogue   Catalogue
	Expressions Expressions
	Columns     Columns
}

// Normalise checks the configuration of the column target and returns it with references to columns by id. All faults are
// reported at once, each with the field that is at fault.
func (r Rules) Normalise(c Config, target kernel.ColumnID) (Config, error) {
	v := &checker{rules: r}
	out := c
	out.Steps = nil
	if len(c.Steps) == 0 || len(c.Steps) > MaxSteps {
		v.add("steps", "must be 1 to %d providers", MaxSteps)
	}
	var known map[string]bool
	for i, s := range c.Steps {
		step, outputs := v.step(fmt.Sprintf("steps[%d]", i), s)
		out.Steps = append(out.Steps, step)
		known = union(known, outputs)
	}
	out.Condition = v.expression("condition", c.Condition)
	out.Outputs = v.outputs(c.Outputs, target, known)
	if c.CacheDays != nil && (*c.CacheDays < 0 || *c.CacheDays > MaxCacheDays) {
		v.add("cache_days", "must be 0 to %d", MaxCacheDays)
	}
	return out, v.err()
}

type checker struct {
	rules   Rules
	details []kernel.Detail
}

func (v *checker) add(field, format string, args ...any) {
	v.details = append(v.details, kernel.Detail{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (v *checker) err() error { return kernel.Faults(v.details) }

// step checks one step and answers the names of its provider's outputs.
func (v *checker) step(at string, s Step) (Step, map[string]bool) {
	p, ok := v.rules.Catalogue.Provider(s.Provider)
	if !ok {
		v.add(at+".provider", "there is no provider %q", s.Provider)
		return s, nil
	}
	outputs := p.Outputs
	fields, err := v.rules.Catalogue.CheckConfig(s.Provider, s.Config)
	if err != nil {
		v.add(at+".config", "%s", err)
	} else if p.Dynamic {
		outputs = fields
	}
	s.Inputs = v.inputs(at, s, p)
	if _, ok := FieldOf(outputs, s.Output); !ok && (err == nil || !p.Dynamic) {
		v.add(at+".output", "%q is not an output of %s: %s", s.Output, s.Provider, names(outputs))
	}
	s.Condition = v.expression(at+".condition", s.Condition)
	v.validator(at+".validator", s.Validator)
	for field, why := range p.checkPace(s.Pace) {
		v.add(at+".pace."+field, "%s", why)
	}
	switch {
	case p.Auth == AuthKey && s.CredentialID == "":
		v.add(at+".credential_id", "%s needs a credential", p.Name)
	case s.CredentialID != "" && p.Auth == AuthNone:
		v.add(at+".credential_id", "%s takes no credential", p.Name)
	case s.CredentialID != "" && kernel.ParseID(kernel.PrefixCredential, string(s.CredentialID)) != nil:
		v.add(at+".credential_id", "is not a credential id")
	}
	v.further(at+".further_credentials", s, p)
	set := map[string]bool{}
	for _, f := range outputs {
		set[f.Name] = true
	}
	return s, set
}

// further checks that each further use has its credential, and that there are no others.
func (v *checker) further(at string, s Step, p Provider) {
	uses := map[string]bool{}
	for _, f := range p.Further {
		uses[f.Use] = true
		if s.Further[f.Use] == "" {
			v.add(at+"."+f.Use, "%s needs a credential for: %s", p.Name, f.Label)
		}
	}
	for _, use := range slices.Sorted(maps.Keys(s.Further)) {
		id := s.Further[use]
		switch {
		case !uses[use]:
			v.add(at+"."+kernel.Shorten(use), "%s has no such use of a credential", p.Name)
		case id != "" && kernel.ParseID(kernel.PrefixCredential, string(id)) != nil:
			v.add(at+"."+use, "is not a credential id")
		}
	}
}

func (v *checker) inputs(at string, s Step, p Provider) map[string]Input {
	out := make(map[string]Input, len(s.Inputs))
	keys := make([]string, 0, len(s.Inputs))
	for name := range s.Inputs {
		keys = append(keys, name)
	}
	sort.Strings(keys)
	for _, name := range keys {
		if _, known := FieldOf(p.Inputs, name); !known && !p.Dynamic {
			v.add(at+".inputs."+name, "is not an input of %s: %s", p.Slug, names(p.Inputs))
			continue
		}
		out[name] = v.input(at+".inputs."+name, s.Inputs[name])
	}
	if p.Dynamic { // what the config refers to and the inputs don't name is a column
		for _, ref := range References(string(s.Config)) {
			if _, given := out[ref]; given {
				continue
			}
			if c, ok := v.rules.Columns.Find(ref); ok {
				out[ref] = Input{Column: c.ID}
			} else {
				v.add(at+".config", "{{%s}} is neither an input nor a column", ref)
			}
		}
	}
	for _, f := range p.Inputs {
		if _, given := out[f.Name]; f.Required && !given {
			v.add(at+".inputs."+f.Name, "is required by %s", p.Name)
		}
	}
	return out
}

func (v *checker) input(at string, in Input) Input {
	given := 0
	if in.Column != "" {
		given++
		c, ok := v.rules.Columns.Find(string(in.Column))
		if !ok {
			v.add(at+".column", "there is no column %q", in.Column)
		}
		in.Column = c.ID
	}
	if in.Value != nil {
		given++
		if utf8.RuneCountInString(*in.Value) > MaxExpression {
			v.add(at+".value", "is longer than %d characters", MaxExpression)
		}
	}
	if in.Template != "" {
		given++
		in.Template = v.pin(at+".template", in.Template)
	}
	if given != 1 {
		v.add(at, "give exactly one of column, value and template")
	}
	return in
}

func (v *checker) pin(at, text string) string {
	if utf8.RuneCountInString(text) > MaxExpression {
		v.add(at, "is longer than %d characters", MaxExpression)
		return text
	}
	pinned, unknown := v.rules.Columns.Pin(text)
	for _, u := range unknown {
		v.add(at, "there is no column {{%s}}", u)
	}
	return pinned
}

func (v *checker) expression(at, source string) string {
	if source == "" {
		return ""
	}
	before := len(v.details)
	pinned := v.pin(at, source)
	if len(v.details) > before {
		return source
	}
	if err := v.rules.Expressions.Check(pinned, v.rules.Columns); err != nil {
		v.add(at, "%s", err)
	}
	return pinned
}

func (v *checker) validator(at string, val *Validator) {
	if val == nil {
		return
	}
	if !ValidatorType(val.Type).valid() {
		v.add(at+".type", "%q is not email, url, phone, domain, number, boolean or date", val.Type)
	}
	if len(val.Pattern) > MaxExpression {
		v.add(at+".pattern", "is longer than %d characters", MaxExpression)
	} else if _, err := expression.CompilePattern(val.Pattern); err != nil {
		v.add(at+".pattern", "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if val.MinConfidence != nil && (*val.MinConfidence < 0 || *val.MinConfidence > 1) {
		v.add(at+".min_confidence", "must be 0 to 1")
	}
}

func (v *checker) outputs(given []Output, target kernel.ColumnID, known map[string]bool) []Output {
	outs := append([]Output(nil), given...)
	if len(outs) > MaxOutputs {
		v.add("outputs", "at most %d further outputs", MaxOutputs)
	}
	seen := map[kernel.ColumnID]bool{target: true}
	for i, o := range outs {
		at := fmt.Sprintf("outputs[%d]", i)
		if known != nil && !known[o.Output] {
			v.add(at+".output", "no provider of the waterfall has an output %q", o.Output)
		}
		c, ok := v.rules.Columns.Find(string(o.ColumnID))
		switch {
		case !ok:
			v.add(at+".column_id", "there is no column %q", o.ColumnID)
		case seen[c.ID]:
			v.add(at+".column_id", "the column %s gets two outputs", c.Name)
		}
		seen[c.ID], outs[i].ColumnID = true, c.ID
	}
	return outs
}

// union adds b to a: an output is known if at least one step has it.
func union(a, b map[string]bool) map[string]bool {
	if a == nil {
		a = map[string]bool{}
	}
	for k := range b {
		a[k] = true
	}
	return a
}

func names(fields []Field) string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}
