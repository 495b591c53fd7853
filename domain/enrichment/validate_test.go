package enrichment_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

type stub struct{ enrichment.Provider }

func (s stub) Describe() enrichment.Provider { return s.Provider }
func (s stub) Call(context.Context, enrichment.Request) (enrichment.Reply, error) {
	return enrichment.Reply{}, nil
}

type anything struct{}

func (anything) Check(source string, _ []enrichment.Column) error {
	if source == "bad" {
		return errors.New("unexpected token")
	}
	return nil
}

func rules(t *testing.T) enrichment.Rules {
	t.Helper()
	field := func(name string, required bool) enrichment.Field {
		return enrichment.Field{Name: name, Label: name, Type: enrichment.FieldText, Required: required}
	}
	reg, err := enrichment.NewRegistry(
		stub{enrichment.Provider{Slug: "check", Name: "Check", Category: "c", Terms: "t", Inputs: []enrichment.Field{field("email", true)}, Outputs: []enrichment.Field{field("status", false), field("domain", false)}}},
		stub{enrichment.Provider{Slug: "keyed", Name: "Keyed", Category: "c", Terms: "t", Auth: enrichment.AuthKey, Outputs: []enrichment.Field{field("x", false)}}},
		stub{enrichment.Provider{
			Slug: "two", Name: "Two", Category: "c", Terms: "t", Outputs: []enrichment.Field{field("x", false)}, Further: []enrichment.FurtherCredential{{Use: "search", Label: "Search", Kinds: []string{"serper"}}},
		}},
	)
	require.NoError(t, err)
	return enrichment.Rules{Catalogue: reg, Expressions: anything{}, Columns: enrichment.Columns{{ID: "col_1", Name: "Email"}, {ID: "col_2", Name: "Target"}, {ID: "col_3", Name: "Domain"}}}
}

func TestNormalisePinsReferences(t *testing.T) {
	t.Parallel()
	got, err := rules(t).Normalise(enrichment.Config{
		Steps: []enrichment.Step{{
			Provider: "check", Inputs: map[string]enrichment.Input{"email": {Template: "{{ email }}!"}}, Output: "status", Condition: `{{Email}} != ""`,
		}},
		Condition: `{{col_1}} != ""`, Outputs: []enrichment.Output{{Output: "domain", ColumnID: "Domain"}},
	}, "col_2")
	require.NoError(t, err)
	require.Equal(t, "{{col_1}}!", got.Steps[0].Inputs["email"].Template)
	require.Equal(t, `{{col_1}} != ""`, got.Steps[0].Condition)
	require.Equal(t, kernel.ColumnID("col_3"), got.Outputs[0].ColumnID)
}

func TestEveryFaultIsNamedWithItsField(t *testing.T) {
	t.Parallel()
	text, conf, days := "v", 2.0, 999
	_, err := rules(t).Normalise(enrichment.Config{
		Steps: []enrichment.Step{
			{Provider: "nobody"},
			{Provider: "check", Inputs: map[string]enrichment.Input{"phone": {Value: &text}}, Output: "nothing", Condition: "bad", Config: json.RawMessage(`{"a":1}`)},
			{Provider: "check", Inputs: map[string]enrichment.Input{"email": {Value: &text, Column: "col_1"}}, Output: "status", Validator: &enrichment.Validator{Pattern: "(", Type: "iban", MinConfidence: &conf}},
			{Provider: "check", Inputs: map[string]enrichment.Input{"email": {Column: "col_9"}}, Output: "status", CredentialID: "crd_x"},
			{Provider: "keyed", Output: "x"},
		},
		Condition: `{{Gone}} > 1`, CacheDays: &days,
		Outputs: []enrichment.Output{{Output: "colour", ColumnID: "col_3"}, {Output: "domain", ColumnID: "col_2"}, {Output: "domain", ColumnID: "col_9"}},
	}, "col_2")
	var e *kernel.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kernel.KindInvalid, e.Kind)
	var fields []string
	for _, d := range e.Details {
		fields = append(fields, d.Field)
	}
	require.Equal(t, []string{
		"steps[0].provider", "steps[1].config", "steps[1].inputs.phone", "steps[1].inputs.email", "steps[1].output", "steps[1].condition",
		"steps[2].inputs.email", "steps[2].validator.type", "steps[2].validator.pattern", "steps[2].validator.min_confidence",
		"steps[3].inputs.email.column", "steps[3].credential_id", "steps[4].credential_id", "condition",
		"outputs[0].output", "outputs[1].column_id", "outputs[2].column_id", "cache_days",
	}, fields)
}

func TestFurtherCredentials(t *testing.T) {
	t.Parallel()
	id := kernel.CredentialID(kernel.NewIDs(kernel.SystemClock{}).New(kernel.PrefixCredential))
	for says, given := range map[string]map[string]kernel.CredentialID{
		"":                          {"search": id},
		"needs a credential for":    nil,
		"is not a credential id":    {"search": "crd_x"},
		"has no such use of a cred": {"search": id, "mail": id},
	} {
		_, err := rules(t).Normalise(enrichment.Config{Steps: []enrichment.Step{{Provider: "two", Output: "x", Further: given}}}, "col_2")
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
	}
}

func TestAWaterfallNeedsAStep(t *testing.T) {
	t.Parallel()
	_, err := rules(t).Normalise(enrichment.Config{}, "col_2")
	require.ErrorContains(t, err, "steps")
}

func TestJudge(t *testing.T) {
	t.Parallel()
	high, low := 0.9, 0.2
	var unknown enrichment.Sureness
	guess, checked := enrichment.Sureness{Confidence: &high, VerifiedBy: []enrichment.Evidence{}}, enrichment.Sureness{VerifiedBy: []enrichment.Evidence{enrichment.ByDNS}}
	for _, c := range []struct {
		name  string
		v     *enrichment.Validator
		value any
		sure  enrichment.Sureness
		ok    bool
	}{
		{"anything", nil, "x", unknown, true},
		{"nothing", nil, "  ", unknown, false},
		{"false is an answer", nil, false, unknown, true},
		{"an empty list is none", nil, []string{}, unknown, false},
		{"email", &enrichment.Validator{Type: "email"}, "a@b.co", unknown, true},
		{"no email", &enrichment.Validator{Type: "email"}, "Bob <a@b.co>", unknown, false},
		{"url", &enrichment.Validator{Type: "url"}, "https://x.de/a", unknown, true},
		{"script url", &enrichment.Validator{Type: "url"}, "javascript:alert(1)", unknown, false},
		{"phone", &enrichment.Validator{Type: "phone"}, "+41446681800", unknown, true},
		{"local phone", &enrichment.Validator{Type: "phone"}, "044 668 18 00", unknown, false},
		{"domain", &enrichment.Validator{Type: "domain"}, "example.co.uk", unknown, true},
		{"no domain", &enrichment.Validator{Type: "domain"}, "-x.com", unknown, false},
		{"number", &enrichment.Validator{Type: "number"}, 12.5, unknown, true},
		{"no number", &enrichment.Validator{Type: "number"}, "Infinity", unknown, false},
		{"boolean", &enrichment.Validator{Type: "boolean"}, "maybe", unknown, false},
		{"date", &enrichment.Validator{Type: "date"}, "2026-05-01", unknown, true},
		{"pattern", &enrichment.Validator{Pattern: "^[a-z]+$"}, "abc1", unknown, false},
		{"a text too long for the pattern", &enrichment.Validator{Pattern: "(a{0,10}){0,10}b"}, strings.Repeat("a", 1<<20), unknown, false},
		{"sure enough", &enrichment.Validator{MinConfidence: &low}, "x", enrichment.Sureness{Confidence: &high}, true},
		{"not sure enough", &enrichment.Validator{MinConfidence: &high}, "x", enrichment.Sureness{Confidence: &low}, false},
		{"unknown confidence", &enrichment.Validator{MinConfidence: &low}, "x", unknown, false},
		{"verified", &enrichment.Validator{Verified: true}, "x", checked, true},
		{"a sure guess is a guess", &enrichment.Validator{Verified: true}, "x", guess, false},
		{"not known whether verified", &enrichment.Validator{Verified: true}, "x", unknown, false},
	} {
		j, err := enrichment.CompileValidator(c.v)
		require.NoError(t, err)
		require.Equal(t, c.ok, j.Refuse(c.value, c.sure) == "", "%s: %s", c.name, j.Refuse(c.value, c.sure))
	}
}

func TestPatternsAreBounded(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"((((a{30}){30}){10}){10})", "(" + strings.Repeat("a?", 900) + ")+", strings.Repeat(`\pL`, 100), strings.Repeat("x", 2000), "(?i)" + strings.Repeat("[^x]", 400)} {
		_, err := enrichment.CompileValidator(&enrichment.Validator{Pattern: pattern})
		require.ErrorContains(t, err, "pattern", pattern)
	}
}

func TestAnEstimateIsOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		prices := map[string]kernel.Credits{}
		var steps []enrichment.Step
		for _, slug := range []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(rt, "steps")] {
			prices[slug] = kernel.Credits(rapid.IntRange(0, 5000).Draw(rt, "price"))
			steps = append(steps, enrichment.Step{Provider: slug})
		}
		rate := rapid.Float64Range(-0.5, 1.5).Draw(rt, "rate")
		rows := rapid.Int64Range(0, 100_000).Draw(rt, "rows")
		cost := enrichment.RecordCost{Likely: enrichment.Micros(rapid.Int64Range(0, 1e6).Draw(rt, "likely"))}
		cost.Most = cost.Likely + enrichment.Micros(rapid.Int64Range(0, 1e6).Draw(rt, "more"))
		budget := enrichment.Micros(rapid.Int64Range(0, 1e9).Draw(rt, "budget"))
		charges := func(s enrichment.Step) (enrichment.RecordCost, enrichment.Budgets, bool) {
			return cost, enrichment.Budgets{Run: budget}, s.Provider == "b"
		}
		est := enrichment.EstimateRun([]enrichment.Plan{{Config: enrichment.Config{Steps: steps}}}, rows,
			func(s string) kernel.Credits { return prices[s] }, func(string) (float64, bool) { return rate, true }, charges)
		if est.Min > est.Likely || est.Likely > est.Max || est.Records != rows {
			rt.Fatalf("%+v", est)
		}
		if est.LikelyBill > est.MaxBill || budget > 0 && est.MaxBill > budget || len(steps) == 1 && est.MaxBill != 0 {
			rt.Fatalf("%+v with a budget of %s", est, budget)
		}
	})
}

func TestCheckReply(t *testing.T) {
	t.Parallel()
	fields := []enrichment.Field{{Name: "s", Type: enrichment.FieldText}, {Name: "n", Type: enrichment.FieldNumber}, {Name: "b", Type: enrichment.FieldBoolean}, {Name: "l", Type: enrichment.FieldList}}
	require.NoError(t, enrichment.CheckReply(fields, map[string]any{"s": "x", "n": 1.5, "b": false, "l": []any{"a"}}))
	require.NoError(t, enrichment.CheckReply(fields, map[string]any{"s": nil}))
	for _, bad := range []map[string]any{{"s": 1}, {"n": "1"}, {"b": "true"}, {"l": []any{1}}, {"l": "a"}, {"other": "x"}} {
		require.Error(t, enrichment.CheckReply(fields, bad), "%v", bad)
	}
}

// TestAPaceIsWithinTheCeiling: of the provider, or of the installation where it has limits of its own.
func TestAPaceIsWithinTheCeiling(t *testing.T) {
	t.Parallel()
	p := stub{enrichment.Provider{
		Slug: "paced", Name: "Paced", Category: "c", Terms: "t", Outputs: []enrichment.Field{{Name: "x", Type: enrichment.FieldText}},
		Limits: enrichment.RateLimits{PerSecond: 10, Concurrency: 8}, Ceiling: enrichment.RateLimits{PerSecond: 100},
	}}
	reg, err := enrichment.NewRegistry(p)
	require.NoError(t, err)
	five := 5
	own, err := reg.WithLimits(map[string]enrichment.OwnLimits{"paced": {Concurrency: 4, PerSecond: &five}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		reg    *enrichment.Registry
		pace   enrichment.Pace
		faulty []string
	}{
		"within":                    {reg, enrichment.Pace{PerSecond: 100, Concurrency: 8, Seconds: 120}, nil},
		"nothing":                   {reg, enrichment.Pace{}, nil},
		"too fast":                  {reg, enrichment.Pace{PerSecond: 101}, []string{"per_second"}},
		"too many at once":          {reg, enrichment.Pace{Concurrency: 9}, []string{"concurrency"}},
		"too long":                  {reg, enrichment.Pace{Seconds: 121}, []string{"timeout_seconds"}},
		"negative":                  {reg, enrichment.Pace{PerSecond: -1, Concurrency: -1, Seconds: -1}, []string{"concurrency", "per_second", "timeout_seconds"}},
		"beyond the installation's": {own, enrichment.Pace{PerSecond: 6, Concurrency: 5}, []string{"concurrency", "per_second"}},
		"within the installation's": {own, enrichment.Pace{PerSecond: 5, Concurrency: 4}, nil},
	} {
		r := enrichment.Rules{Catalogue: c.reg, Expressions: anything{}}
		_, err := r.Normalise(enrichment.Config{Steps: []enrichment.Step{{Provider: "paced", Output: "x", Pace: &c.pace}}}, "col_1")
		var told *kernel.Error
		if c.faulty == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorAs(t, err, &told, name)
		var fields []string
		for _, d := range told.Details {
			fields = append(fields, strings.TrimPrefix(d.Field, "steps[0].pace."))
		}
		require.ElementsMatch(t, c.faulty, fields, name)
	}
}
