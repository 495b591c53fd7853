package condition_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

func columns() []enrichment.Column {
	return []enrichment.Column{{ID: "col_a", Name: "Score", Type: "number"}, {ID: "col_b", Name: "Company name", Type: "text"}, {ID: "col_c", Name: "Tags", Type: "multi_select"}}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	row := map[kernel.ColumnID]json.RawMessage{"col_a": json.RawMessage(`85`), "col_b": json.RawMessage(`"Acme GmbH"`), "col_c": json.RawMessage(`["saas","b2b"]`)}
	for source, want := range map[string]bool{
		``:                                        true,
		`{{Score}} > 80`:                          true,
		`{{ score }} > 90`:                        false,
		`{{col_a}} == 85`:                         true,
		`{{Company name}} contains "GmbH"`:        true,
		`"saas" in {{Tags}}`:                      true,
		`any({{Tags}}, # == "b2b")`:               true,
		`not empty({{Company name}})`:             true,
		`{{Score}} > 80 and empty({{Tags}})`:      false,
		`lower({{Company name}}) matches "^acme"`: true,
	} {
		c, err := condition.Compile(source, columns())
		require.NoError(t, err, source)
		got, err := c.Holds(func(id kernel.ColumnID) json.RawMessage { return row[id] })
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
}

func TestAnExpressionThatFailsOnARowDoesNotHold(t *testing.T) {
	t.Parallel()
	c, err := condition.Compile(`{{Score}} > 80`, columns())
	require.NoError(t, err)
	ok, err := c.Holds(func(kernel.ColumnID) json.RawMessage { return nil })
	require.False(t, ok)
	require.Error(t, err)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for source, says := range map[string]string{
		`{{Nope}} > 1`:                          "no column {{Nope}}",
		`{{Score}} >`:                           "unexpected",
		`now()`:                                 "now",
		`"text"`:                                "bool",
		`all({{Tags}}, any({{Tags}}, # == ""))`: "inside another loop",
		`map({{Tags}}, filter({{Tags}}, true)) == []`: "inside another loop",
		`os.Exit(1)`: "unknown name",
		strings.Repeat(`{{Score}} > 1 or `, 300) + `true`: "exceeds maximum allowed nodes",
	} {
		_, err := condition.Compile(source, columns())
		require.ErrorContains(t, err, says, source)
	}
}

func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	cell, err := json.Marshal(strings.Repeat("a", 64<<10))
	require.NoError(t, err)
	cols := []enrichment.Column{{ID: "col_a", Name: "A", Type: "text"}}
	for source, want := range map[string]error{
		`reduce(1..1000, {#acc + #acc}, {{A}}) != ""`: expression.ErrTooLarge,
		`len(repeat({{A}}, 100000)) > 0`:              expression.ErrTooLarge,
		`join(map(1..1000, {{{A}}})) != ""`:           expression.ErrTooLarge,
		`count(1..1000, {{A}} matches "a*b") > 0`:     expression.ErrTooLong,
		`len(1..100000000) > 1`:                       nil, // an error of its own
	} {
		c, err := condition.Compile(source, cols)
		require.NoError(t, err, source)
		ok, err := c.Holds(func(kernel.ColumnID) json.RawMessage { return cell })
		require.False(t, ok, source)
		require.Error(t, err, source)
		if want != nil {
			require.ErrorIs(t, err, want, source)
		}
	}
}
