package table_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata" // also on machines without zones

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/table"
)

// typedCases are texts of one type and form, and what each is read as: a canonical value, or "error" and its kind.
type typedCases struct {
	Type     table.Type
	Form     *table.Form
	Currency string
	Zone     string
	Now      time.Time
	Options  []string
	Cases    [][2]string
}

func (g typedCases) column() table.Column {
	c := table.Column{ID: "col_1", Name: "Thing", Type: g.Type, Form: g.Form}
	if g.Currency != "" {
		c.Format = &table.NumberFormat{Currency: g.Currency}
	}
	for i, name := range g.Options {
		c.Options = append(c.Options, table.Option{ID: strconv.Itoa(i), Name: name})
	}
	return c
}

func readTypedCases(t *testing.T) []typedCases {
	t.Helper()
	b, err := os.ReadFile("testdata/typed-text.json")
	require.NoError(t, err)
	var groups []typedCases
	require.NoError(t, json.Unmarshal(b, &groups))
	return groups
}

// The interface passes the same table (ui/src/grid/typed/reader.test.ts).
func TestTypedTextIsReadAsTheTableSays(t *testing.T) {
	t.Parallel()
	for _, g := range readTypedCases(t) {
		zone := time.UTC
		if g.Zone != "" {
			var err error
			zone, err = time.LoadLocation(g.Zone)
			require.NoError(t, err)
		}
		reader := table.Reader{Zone: zone, Now: g.Now}
		for _, c := range g.Cases {
			got, _, err := reader.Text(g.column(), c[0], true)
			if read := outcome(got, err); read != c[1] {
				t.Errorf("%s %+v %s %q: read as %s, not %s (%v)", g.Type, g.Form, g.Currency, c[0], read, c[1], err)
			}
		}
	}
}

func outcome(v json.RawMessage, err error) string {
	var bad *table.ValueError
	switch {
	case errors.As(err, &bad) && bad.Kind != "":
		return "error:" + string(bad.Kind)
	case err != nil:
		return "error"
	default:
		return string(v)
	}
}

// The API reads a string like the grid reads text.
func TestStringsOfTheAPIAreReadLikeText(t *testing.T) {
	t.Parallel()
	for _, g := range readTypedCases(t) {
		if g.Type == table.JSON || g.Type == table.MultiSelect || !g.Now.IsZero() {
			continue // a string is a JSON value, and one option's name
		}
		reader := table.Reader{}
		for _, c := range g.Cases {
			text, _, textErr := reader.Text(g.column(), c[0], true)
			v, _, err := reader.Value(g.column(), table.Quote(c[0]), true)
			require.Equal(t, outcome(text, textErr), outcome(v, err), "%s %q", g.Type, c[0])
		}
	}
}

func TestTheInterfaceHasTheSameWords(t *testing.T) {
	t.Parallel()
	ours, err := os.ReadFile("words.json")
	require.NoError(t, err)
	theirs, err := os.ReadFile("../../ui/src/grid/typed/words.json")
	require.NoError(t, err)
	require.Equal(t, string(ours), string(theirs), "copy domain/table/words.json to ui/src/grid/typed/words.json")
}
