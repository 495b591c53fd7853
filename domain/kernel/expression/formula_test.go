package expression_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel/expression"
)

func formula(t *testing.T, source string, cells map[string]string) (string, error) {
	t.Helper()
	names := []string{"a", "b", "e", "l"}
	p, err := expression.Compile(source, expression.Options{Variables: names, Formula: true})
	if err != nil {
		return "", fmt.Errorf("compile: %w", err)
	}
	v, err := p.EvalAt(time.Date(2026, 3, 31, 14, 0, 0, 0, time.UTC), func(i int) json.RawMessage { return json.RawMessage(cells[names[i]]) })
	if err != nil {
		return "", err
	}
	raw, err := expression.Marshal(v)
	return string(raw), err
}

func TestEachDocumentedExampleIsTrue(t *testing.T) {
	t.Parallel()
	for _, f := range expression.Functions() {
		got, err := formula(t, f.Example, nil)
		require.NoError(t, err, f.Example)
		require.Equal(t, f.Result, got, f.Example)
		require.Contains(t, f.Example, f.Name+"(")
	}
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, a, b, want string }{
		{`a + b`, "0.1", "0.2", `0.3`},
		{`a * b`, "1.10", "3", `3.3`},
		{`a / b`, "1", "3", `0.33333333333333333333`},
		{`a / b`, "6", "3", `2`},
		{`a - b`, "12345678901234567890.12", "0.02", `12345678901234567890.1`},
		{`0.1 + 0.2 == 0.3`, "", "", `true`},
		{`a == b`, "1.50", "1.5", `true`},
		{`a < b`, "0.1", "0.11", `true`},
		{`a in [1.5, 2]`, "1.5", "", `true`},
		{`a % b`, "7.5", "2", `1.5`},
		{`a ** 3`, "1.1", "", `1.331`},
		{`-a`, "1.5", "", `-1.5`},
		{`a * 2`, "null", "", `null`},
		{`a + "x"`, "null", "", `"x"`},
		{`a > 5`, "null", "", `false`},
		{`a ? 1 : 2`, "null", "", `2`},
		{`if(a > 1, "big", "small")`, "2", "", `"big"`},
		{`IF(a > 1, "big", "small")`, "1", "", `"small"`},
		{`if(a == 0, 0, b / a)`, "0", "1", `0`},
		{`if(a > 1, "big")`, "1", "", `null`},
		{`if(a > 2, "big", if(a > 1, "middle", "small")) + "!"`, "2", "", `"middle!"`},
		{`upper(a)`, "null", "", `null`},
		{`len(a)`, "null", "", `0`},
		{`sum([a, b, 1])`, "null", "2.5", `3.5`},
		{`filter(a, # > 1)`, "null", "", `[]`},
		{`a ?? 7`, "null", "", `7`},
		{`max(a, b)`, "1.5", "2.25", `2.25`},
		{`sort([a, b, 1])`, "1.5", "0.25", `[0.25,1,1.5]`},
		{`groupBy([a, b], #)`, "1.5", "1.50", `{"1.5":[1.5,1.5]}`},
		{`string(a)`, "1.5", "", `"1.5"`},
		{`fromJSON("{\"x\": 0.1}").x + 0.2`, "", "", `0.3`},
		{`a contains "cm"`, `"Acme"`, "", `true`},
		{`formatDate(a, "D. M. YY, Q1")`, `"2026-03-31"`, "", `"31. 3. 26, Q1"`},
		{`daysBetween(a, today())`, `"2026-03-01"`, "", `30`},
		{`a < today()`, `"2026-03-01"`, "", `true`},
	} {
		got, err := formula(t, c.source, map[string]string{"a": c.a, "b": c.b})
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
}

func TestFormulasThatFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, a, want string }{
		{`a / 0`, "1", "division by zero"},
		{`a / b`, "1", ""},
		{`a * 2`, `"x"`, "invalid operation"},
		{`a + b + c`, "1", "unknown name c"},
		{`a +`, "1", "unexpected token"},
		{`nothing(a)`, "1", "nothing"},
		{`addDays(a, 5)`, `"soon"`, `"soon" is not a date`},
		{`addDays(a, 99999999)`, `"2026-01-01"`, "too far away"},
		{`addDays(a, 3999999)`, `"2026-01-01"`, "too far away"},
		{`a ** 500`, "999999999999", "the number is too large"},
		{`reduce(1..1000, #acc * a, a)`, "99999999999999999999", "the number is too large"},
		{`repeat("ab", 1000000)`, "1", "1 MB"},
		{`map(1..1000, repeat("ab", 1000))`, "1", "1 MB"},
		{`extract(repeat("a", 60000), "(a?){50}a{50}")`, "1", "too long"},
		{`words(repeat("a ", 2000))`, "1", "1,000 elements"},
		{`a + 1`, strings.Repeat("9", 500), "the number is too large"},
		{`a + 1`, "1e9999999", "the number is too large"},
	} {
		_, err := formula(t, c.source, map[string]string{"a": c.a})
		if c.want == "" {
			require.NoError(t, err, c.source)
			continue
		}
		require.ErrorContains(t, err, c.want, c.source)
	}
}

func TestAProblemSaysWhereItIs(t *testing.T) {
	t.Parallel()
	_, err := formula(t, `a + missing`, nil)
	var p *expression.SyntaxError
	require.ErrorAs(t, err, &p)
	require.Equal(t, []int{4, 11}, []int{p.From, p.To})
	require.Equal(t, "unknown name missing", p.Message)
}

func TestTheKindOfAFormulaShowsBefore(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]expression.Kind{
		`upper(a)`: "text", `a > 1`: "boolean", `1 + 2`: "number", `words(a)`: "list", `a`: "any", `today()`: "text", `roundTo(a, 2)`: "number", `date("2026-01-01")`: "time",
	} {
		p, err := expression.Compile(source, expression.Options{Variables: []string{"a"}, Formula: true})
		require.NoError(t, err, source)
		require.Equal(t, want, p.Kind(), source)
		require.Equal(t, source == `today()`, p.UsesTime(), source)
	}
}

// TestConditionsAreAsTheyWere shows that what formulas have is theirs alone.
func TestConditionsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	_, err := expression.Compile(`today()`, expression.Options{})
	require.Error(t, err)
	p, err := expression.Compile(`0.1 + 0.2`, expression.Options{})
	require.NoError(t, err)
	v, err := p.Eval(nil)
	require.NoError(t, err)
	require.InDelta(t, 0.3, v, 1e-9)
}
