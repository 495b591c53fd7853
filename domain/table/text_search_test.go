package table_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestATextIsFoundAndReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		search     table.TextSearch
		text, with string
		want       string // the text itself if it does not match
	}{
		"each occurrence":              {table.TextSearch{Text: "a"}, "banana", "o", "bonono"},
		"in any case":                  {table.TextSearch{Text: "ÄRGER"}, "Ärger, ärger", "x", "x, x"},
		"accents count":                {table.TextSearch{Text: "Muller"}, "Müller", "x", "Müller"},
		"in this case only":            {table.TextSearch{Text: "IT", MatchCase: true}, "IT it", "x", "x it"},
		"the whole cell":               {table.TextSearch{Text: "inc", WholeCell: true}, "Inc", "Ltd", "Ltd"},
		"not a part of it":             {table.TextSearch{Text: "inc", WholeCell: true}, "Acme Inc", "Ltd", "Acme Inc"},
		"whole cell and case":          {table.TextSearch{Text: "inc", WholeCell: true, MatchCase: true}, "Inc", "Ltd", "Inc"},
		"lines are no ends":            {table.TextSearch{Text: "a", WholeCell: true}, "a\nb", "x", "a\nb"},
		"signs are signs":              {table.TextSearch{Text: ".*("}, "a.*(b", "$1", "a$1b"},
		"a longer text, once":          {table.TextSearch{Text: "a"}, "aa", "aaa", "aaaaaa"},
		"nothing in the place of it":   {table.TextSearch{Text: "GmbH"}, "Acme GmbH", "", "Acme "},
		"over a line":                  {table.TextSearch{Text: "a\nb"}, "xa\nby", "-", "x-y"},
		"letters of any case, case on": {table.TextSearch{Text: "ß", MatchCase: true}, "straße", "ss", "strasse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := c.search.Pattern()
			require.NoError(t, err)
			require.Equal(t, c.want, p.Replace(c.text, c.with))
			require.Equal(t, c.want != c.text, p.In(c.text))
		})
	}
}

func TestATextToFindIsBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", strings.Repeat("x", table.MaxSearchText+1)} {
		_, err := table.TextSearch{Text: text}.Pattern()
		require.ErrorContains(t, err, "find")
	}
	_, err := table.TextSearch{Text: strings.Repeat(`\`, table.MaxSearchText)}.Pattern()
	require.NoError(t, err)
}

// What is not found is not changed, and what is found holds the text when both are folded: databases look for candidates by that.
func TestWhatMatchesHoldsTheFoldedText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alphabet := rapid.StringOfN(rapid.SampledFrom([]rune("aAbäÄßẞKſsİiéσςΣ .-1")), 1, 6, -1)
		text, find := alphabet.Draw(t, "text"), alphabet.Draw(t, "find")
		p, err := table.TextSearch{Text: find, MatchCase: rapid.Bool().Draw(t, "case"), WholeCell: rapid.Bool().Draw(t, "whole")}.Pattern()
		require.NoError(t, err)
		if p.In(text) {
			require.Contains(t, kernel.Fold(text), kernel.Fold(find))
		} else {
			require.Equal(t, text, p.Replace(text, "other"))
		}
	})
}

func TestAFormattedValueIsReadBack(t *testing.T) {
	t.Parallel()
	options := []table.Option{{ID: "a", Name: "hot"}, {ID: "b", Name: "a, b"}}
	for typ, values := range map[table.Type][]string{
		table.Text:        {`"x"`, `null`},
		table.Number:      {`1234.5`, `-7`, `0.001`},
		table.Currency:    {`1234.5`},
		table.Boolean:     {`true`, `false`},
		table.Date:        {`"2024-02-29"`},
		table.DateTime:    {`"2024-02-29T12:00:00Z"`},
		table.Select:      {`"hot"`},
		table.MultiSelect: {`["hot"]`, `["hot","a, b"]`},
		table.JSON:        {`{"a":[1,2]}`},
		table.Email:       {`"a@example.com"`},
	} {
		col := table.Column{ID: "col_1", Name: "C", Type: typ, Options: options, Form: &table.Form{Decimal: table.Comma}}
		for _, v := range values {
			back, err := table.Reader{}.Formatted(col, table.Format(col, json.RawMessage(v)))
			require.NoError(t, err, "%s %s", typ, v)
			require.JSONEq(t, v, string(back), typ)
		}
	}
	for typ, text := range map[table.Type]string{
		table.Number: "12 apples", table.Boolean: "maybe", table.JSON: "{", table.MultiSelect: "[hot", table.Select: "unknown", table.Date: "2024-02-30",
	} {
		_, err := table.Reader{}.Formatted(table.Column{ID: "col_1", Name: "C", Type: typ, Options: options}, text)
		require.Error(t, err, typ)
	}
}
