package table_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func formulaDraft(name string, typ table.Type, expression string) table.Draft {
	return table.Draft{Name: name, Type: typ, Kind: table.FormulaKind, Formula: &table.Formula{Expression: expression}}
}

// added adds a formula column, or answers why not.
func added(m table.Maker, tbl *table.Table, name string, typ table.Type, expression string) (table.Column, error) {
	return tbl.AddColumn(m, formulaDraft(name, typ, expression), "", table.Step{})
}

func add(t require.TestingT, m table.Maker, tbl *table.Table, name string, typ table.Type, expression string) table.Column {
	c, err := added(m, tbl, name, typ, expression)
	require.NoError(t, err)
	return c
}

// row computes every formula of the table over cells by the columns' names.
func row(tbl *table.Table, cells map[string]string) map[string]table.Computed {
	s, f := tbl.Schema(), tbl.Formulas()
	p := f.Plan(f.All())
	if p == nil {
		return nil
	}
	out := map[string]table.Computed{}
	for i, r := range p.Compute(func(id kernel.ColumnID) json.RawMessage {
		c, _ := s.Column(id)
		return json.RawMessage(cells[c.Name])
	}, nil, nil) {
		out[p.Writes[i].Name] = r
	}
	return out
}

func TestAFormulaKeepsItsReferencesWhenAColumnIsRenamed(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "First", "Last")
	full := add(t, m, tbl, "Full", table.Text, `{{First}} + " " + {{ last }}`)
	first, _ := tbl.Schema().ByName("First")
	require.Contains(t, full.Formula.Expression, "{{"+string(first.ID)+"}}")
	name := "Given"
	_, err := tbl.ChangeColumn(m, first.ID, table.ColumnChange{Name: &name}, table.Step{})
	require.NoError(t, err)
	require.JSONEq(t, `"Ada Lovelace"`, string(row(tbl, map[string]string{"Given": `"Ada"`, "Last": `"Lovelace"`})["Full"].Value))
}

func TestWhatNoFormulaIs(t *testing.T) {
	t.Parallel()
	m := maker()
	for _, c := range []struct{ typ, expression, want string }{
		{"text", ``, "write what the column computes"},
		{"text", `{{Nobody}}`, "no column “Nobody”"},
		{"text", `{{A}} +`, "unexpected token"},
		{"text", `upper({{A}`, "the }} is missing"},
		{"text", `{{A`, "the }} is missing"},
		{"text", `if({{A}})`, "if needs a condition"},
		{"text", `{{New}}`, "no column “New”"},
		{"user", `{{A}}`, "can't compute values of the type user"},
		{"created_at", `{{A}}`, "can't compute values of the type created_at"},
		{"text", strings.Repeat("(", 9000), "nested"},
		{"text", `{{A}} ` + strings.Repeat("+ 1 ", 8000), "at most 16 KB"},
	} {
		tbl := made(t, m, "A", "B")
		_, err := added(m, tbl, "New", table.Type(c.typ), c.expression)
		require.ErrorContains(t, err, c.want, c.expression)
		require.Len(t, tbl.Schema().Columns, 2)
	}
	tbl := made(t, m, "A")
	_, err := tbl.AddColumn(m, table.Draft{Name: "B", Type: table.Text, Formula: &table.Formula{Expression: "1"}}, "", table.Step{})
	require.ErrorContains(t, err, "only a column of the kind formula")
}

func TestTheEndOfAReferenceIsMissed(t *testing.T) {
	t.Parallel()
	columns := []table.Column{{ID: "col_1", Name: "Größe", Type: table.Number}}
	for source, from := range map[string]int{`{{Größe}} + {{Größe`: 12, `"{{" + {{Größe`: 7, `{{{Größe}}}}`: -1} {
		_, problem := table.CheckFormula(source, columns)
		require.NotNil(t, problem, source)
		if from < 0 {
			require.NotContains(t, problem.Message, "is missing")
			continue
		}
		require.Contains(t, problem.Message, "the }} is missing")
		require.Equal(t, from, problem.From, source)
	}
}

func TestACircleIsRefusedByName(t *testing.T) {
	t.Parallel()
	m := maker()
	for _, c := range []struct {
		name            string
		columns         [][2]string // formula columns, in order
		change, formula string
		want            string // "" for none
	}{
		{"itself", [][2]string{{"F", `1`}}, "F", `{{F}} + 1`, "“F” → “F”"},
		{"two", [][2]string{{"F", `{{A}}`}, {"G", `{{F}}`}}, "F", `{{G}}`, "“F” → “G” → “F”"},
		{"three", [][2]string{{"F", `{{A}}`}, {"G", `{{F}}`}, {"H", `{{A}} + {{G}}`}}, "F", `{{A}} + {{H}}`, "“F” → “H” → “G” → “F”"},
		{"a diamond is none", [][2]string{{"F", `{{A}}`}, {"G", `{{F}}`}, {"H", `{{F}}`}, {"I", `{{G}} + {{H}}`}}, "F", `{{A}} + 1`, ""},
		{"within a text is none", [][2]string{{"F", `{{A}}`}, {"G", `{{F}}`}}, "F", `"{{G}}"`, ""},
	} {
		tbl := made(t, m, "A")
		for _, col := range c.columns {
			add(t, m, tbl, col[0], table.Text, col[1])
		}
		f, _ := tbl.Schema().ByName(c.change)
		_, err := tbl.ChangeColumn(m, f.ID, table.ColumnChange{Formula: &table.Formula{Expression: c.formula}}, table.Step{})
		if c.want == "" {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorContains(t, err, c.want, c.name)
	}
}

func TestACircleThroughTheTrashIsRefused(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "A")
	f := add(t, m, tbl, "F", table.Text, `{{A}}`)
	g := add(t, m, tbl, "G", table.Text, `{{F}}`)
	add(t, m, tbl, "H", table.Text, `{{G}}`)
	require.NoError(t, tbl.DeleteColumn(g.ID, table.Step{}))
	_, err := tbl.ChangeColumn(m, f.ID, table.ColumnChange{Formula: &table.Formula{Expression: `{{H}}`}}, table.Step{})
	require.ErrorContains(t, err, "“F” → “H” → “G” → “F”")
	require.Contains(t, row(tbl, nil)["H"].Error, "in the trash", "a formula over a column in the trash says so")
	_, err = tbl.RestoreColumn(g.ID, table.Step{})
	require.NoError(t, err)
	require.Empty(t, row(tbl, nil)["H"].Error)
}

func TestResultsFitTheirColumn(t *testing.T) {
	t.Parallel()
	m := maker()
	for _, c := range []struct{ typ, expression, value, problem string }{
		{"number", `{{N}} / 3`, `0.33333333333333333333`, ""},
		{"number", `{{N}} * number("99999999999999999999999999999999999999")`, `99999999999999999999999999999999999999`, ""},
		{"number", `{{N}} * number("99999999999999999999999999999999999999") * 10`, "", "more than 38 digits"},
		{"number", `"1"`, "", "the formula makes a text, the column holds numbers"},
		{"number", `number("1.50")`, `1.5`, ""},
		{"text", `{{N}}`, `"1"`, ""},
		{"text", `0.1 + 0.2`, `"0.3"`, ""},
		{"text", `[1]`, "", "a list"},
		{"text", `repeat("x", 9000)`, "", "8000"},
		{"boolean", `{{N}} > 0`, `true`, ""},
		{"boolean", `{{N}}`, "", "true or false"},
		{"date", `addDays("2026-01-31", 1)`, `"2026-02-01"`, ""},
		{"date", `date("2026-01-31")`, `"2026-01-31"`, ""},
		{"date", `"soon"`, "", "soon"},
		{"datetime", `"2026-01-31T10:00:00+01:00"`, `"2026-01-31T10:00:00+01:00"`, ""},
		{"email", `"ada@acme.com"`, `"ada@acme.com"`, ""},
		{"email", `"ada"`, "", "email"},
		{"json", `{"a": 0.1 + 0.2, "b": [{{N}}]}`, `{"a":0.3,"b":[1]}`, ""},
		{"text", `nil`, `null`, ""},
	} {
		tbl := made(t, m, "N")
		add(t, m, tbl, "F", table.Type(c.typ), c.expression)
		got := row(tbl, map[string]string{"N": "1"})["F"]
		if c.problem != "" {
			require.Contains(t, got.Error, c.problem, c.expression)
			require.Equal(t, `null`, string(got.Value))
			continue
		}
		require.Empty(t, got.Error, c.expression)
		require.Equal(t, c.value, string(got.Value), c.expression)
	}
}

func TestAnErrorReachesOnlyWhatUsesIt(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "A")
	add(t, m, tbl, "Bad", table.Number, `1 / 0`)
	add(t, m, tbl, "Good", table.Text, `{{A}}`)
	add(t, m, tbl, "Uses", table.Text, `string({{Bad}})`)
	got := row(tbl, map[string]string{"A": `"x"`})
	require.Equal(t, "division by zero", got["Bad"].Error)
	require.Equal(t, "“Bad” has an error", got["Uses"].Error)
	require.Empty(t, got["Good"].Error)
}

func TestWhatIsBehindAFormula(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "A", "B", "C")
	add(t, m, tbl, "F", table.Text, `{{A}} + {{B}}`)
	add(t, m, tbl, "G", table.Text, `{{F}} + {{A}}`)
	s := tbl.Schema()
	id := func(name string) kernel.ColumnID {
		c, _ := s.ByName(name)
		return c.ID
	}
	require.Equal(t, []kernel.ColumnID{id("G"), id("F"), id("A"), id("B")}, s.Behind([]kernel.ColumnID{id("G")}))
	require.Equal(t, []kernel.ColumnID{id("C")}, s.Behind([]kernel.ColumnID{id("C")}))
}

func TestFormulasKnowTheTickAndNoOtherTime(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "Due")
	add(t, m, tbl, "Plain", table.Text, `{{Due}}`)
	require.True(t, tbl.Schema().Tick.IsZero(), "a formula that doesn't ask for the time records none")
	add(t, m, tbl, "Left", table.Number, `daysBetween(today(), {{Due}})`)
	cells := map[string]string{"Due": `"2026-01-12"`}
	require.Equal(t, `10`, string(row(tbl, cells)["Left"].Value))
	require.NoError(t, tbl.Tick(time.Date(2026, 1, 3, 23, 30, 0, 0, time.FixedZone("", 7200))))
	require.Equal(t, `9`, string(row(tbl, cells)["Left"].Value))
	before := tbl.Schema().Version
	require.NoError(t, tbl.Tick(tbl.Schema().Tick))
	require.Equal(t, before, tbl.Schema().Version, "the same tick is nothing new")
}

func TestAFormulaColumnStaysOne(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "A")
	f := add(t, m, tbl, "F", table.Text, `{{A}}`)
	a, _ := tbl.Schema().ByName("A")
	require.False(t, f.Writable())
	_, _, err := table.Parse(f, json.RawMessage(`"x"`), false)
	require.ErrorContains(t, err, "is computed by a formula")
	data, formula := table.Data, table.FormulaKind
	_, err = tbl.ChangeColumn(m, f.ID, table.ColumnChange{Kind: &data}, table.Step{})
	require.ErrorContains(t, err, "add another column")
	_, err = tbl.ChangeColumn(m, a.ID, table.ColumnChange{Kind: &formula, Formula: &table.Formula{Expression: "1"}}, table.Step{})
	require.ErrorContains(t, err, "add another column")
	_, _, err = tbl.Retype(m, f.ID, table.Retyped{Type: table.Number})
	require.ErrorContains(t, err, "together with what it computes")
	number := table.Number
	changed, err := tbl.ChangeColumn(m, f.ID, table.ColumnChange{Type: &number, Formula: &table.Formula{Expression: "1 + 1"}}, table.Step{})
	require.NoError(t, err)
	require.Equal(t, table.Number, changed.Type)
	require.NoError(t, tbl.ChangeBack(m, table.ColumnChanged{TableID: tbl.ID(), Column: changed, Old: f}, false, table.Step{}))
	back, _ := tbl.Schema().ByName("F")
	require.Equal(t, f, back)
	twin, err := tbl.DuplicateColumn(m, f.ID, "F2", true, table.Step{})
	require.NoError(t, err)
	require.Equal(t, f.Formula, twin.Formula)
}

func TestAProblemOfAFormulaIsWhereItWasWritten(t *testing.T) {
	t.Parallel()
	cols := []table.Column{{ID: "col_1", Name: "Zoë", Type: table.Text, Kind: table.Data}}
	for _, c := range []struct {
		source   string
		from, to int
	}{
		{`{{Zoë}} + nope`, 10, 14},
		{`{{Zoë}} + {{Nope}}`, 10, 18},
		{`"{{Nope}}" + {{Zoë}} +`, 21, 22},
	} {
		_, p := table.CheckFormula(c.source, cols)
		require.NotNil(t, p, c.source)
		require.Equal(t, []int{c.from, c.to}, []int{p.From, p.To}, "%s: %s", c.source, p.Message)
	}
}

// TestComputingAPartIsComputingAll compares what a plan for the formulas that use a changed column makes with what all formulas make.
func TestComputingAPartIsComputingAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := maker()
		tbl := made(r, m, "A", "B", "C")
		names := []string{"A", "B", "C"}
		for i := range rapid.IntRange(1, 8).Draw(r, "formulas") {
			one, two := rapid.SampledFrom(names).Draw(r, "one"), rapid.SampledFrom(names).Draw(r, "two")
			op := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(r, "op")
			name := string(rune('P' + i))
			add(r, m, tbl, name, table.Number, "{{"+one+"}} "+op+" {{"+two+"}}")
			names = append(names, name)
		}
		cells := map[string]string{}
		for _, n := range []string{"A", "B", "C"} {
			cells[n] = rapid.SampledFrom([]string{"null", "0", "1.5", "-7", "100"}).Draw(r, n)
		}
		all := row(tbl, cells)
		changed, _ := tbl.Schema().ByName(rapid.SampledFrom(names).Draw(r, "changed"))
		f, s := tbl.Formulas(), tbl.Schema()
		p := f.Plan(f.Using([]kernel.ColumnID{changed.ID}))
		if p == nil {
			return
		}
		for i, got := range p.Compute(func(id kernel.ColumnID) json.RawMessage {
			c, _ := s.Column(id)
			return json.RawMessage(cells[c.Name])
		}, nil, nil) {
			require.Equal(r, all[p.Writes[i].Name], got)
		}
	})
}

func BenchmarkAChainOfFiveFormulas(b *testing.B) {
	m := maker()
	tbl, err := table.New(m, "tbl_1", "ws_1", "", "T", []table.Draft{{Name: "N", Type: table.Number}})
	require.NoError(b, err)
	last := "N"
	for _, name := range []string{"F1", "F2", "F3", "F4", "F5"} {
		add(b, m, tbl, name, table.Number, "{{"+last+"}} * 1.1 + 1")
		last = name
	}
	f := tbl.Formulas()
	p := f.Plan(f.All())
	var out []table.Computed
	raw := json.RawMessage("42.5")
	for b.Loop() {
		out = p.Compute(func(kernel.ColumnID) json.RawMessage { return raw }, nil, out[:0])
	}
	b.ReportMetric(5*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
}
