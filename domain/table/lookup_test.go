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

func TestKeysThatPeopleTakeForTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by    table.Comparison
		typ   table.Type
		same  []string // JSON
		other []string
		none  []string
	}{
		"text":   {table.AsText, table.Text, []string{`"Größe  AG"`, `" grösse ag "`, `"GRÖSSE\tAG"`}, []string{`"Grosse"`}, []string{`null`, `"  "`}},
		"email":  {table.AsEmail, table.Text, []string{`"Ann@Acme.com"`, `"ann@acme.com "`}, []string{`"ann+x@acme.com"`}, []string{`"ann"`, `null`}},
		"domain": {table.AsDomain, table.URL, []string{`"https://www.Acme.com/about?x=1"`, `"acme.com"`, `"ann@ACME.com"`, `"http://acme.com:8080"`}, []string{`"shop.acme.com"`}, []string{`"https://"`}},
		"phone":  {table.AsPhone, table.Phone, []string{`"+41 44 668 18 00"`, `"0041446681800"`, `"+41 (44) 668-18-00 ext. 5"`}, []string{`"044 668 18 00"`}, []string{`"call me"`, `"12"`}},
		"number": {table.AsNumber, table.Text, []string{`"1.50"`, `"1.5"`, `"15e-1"`}, []string{`"2"`}, []string{`"x"`, `"1,5"`}},
		"date":   {table.AsDate, table.DateTime, []string{`"2026-03-31T23:59:00+02:00"`, `"2026-03-31T00:00:00Z"`}, []string{`"2026-04-01T00:00:00Z"`}, []string{`"soon"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, ok := table.KeyOf(c.by, c.typ, json.RawMessage(c.same[0]))
			require.True(t, ok)
			for _, s := range c.same {
				key, ok := table.KeyOf(c.by, c.typ, json.RawMessage(s))
				require.True(t, ok, s)
				require.Equal(t, first, key, s)
			}
			for _, s := range c.other {
				key, ok := table.KeyOf(c.by, c.typ, json.RawMessage(s))
				require.True(t, ok, s)
				require.NotEqual(t, first, key, s)
			}
			for _, s := range c.none {
				_, ok := table.KeyOf(c.by, c.typ, json.RawMessage(s))
				require.False(t, ok, s)
			}
		})
	}
	number, _ := table.KeyOf(table.AsNumber, table.Currency, json.RawMessage(`1.5`))
	text, _ := table.KeyOf(table.AsNumber, table.Text, json.RawMessage(`"1.50"`))
	require.Equal(t, number, text, "a number and a text are compared by value")
	_, ok := table.KeyOf(table.AsText, table.JSON, json.RawMessage(`{"a":1}`))
	require.False(t, ok, "JSON is no key")
}

func TestTheComparisonFitsBothColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b table.Type
		want table.Comparison
	}{
		{table.Number, table.Currency, table.AsNumber},
		{table.Email, table.Text, table.AsEmail},
		{table.Email, table.URL, table.AsDomain},
		{table.Text, table.Phone, table.AsPhone},
		{table.Date, table.DateTime, table.AsDate},
		{table.Number, table.Text, table.AsText},
		{table.RowIDType, table.Text, table.AsText},
	} {
		require.Equal(t, c.want, table.Comparing(c.a, c.b), "%s and %s", c.a, c.b)
		require.Equal(t, c.want, table.Comparing(c.b, c.a), "%s and %s", c.b, c.a)
	}
}

func TestWhatALookupTakesHasAType(t *testing.T) {
	t.Parallel()
	for _, take := range table.Takes() {
		require.True(t, take.Known())
		for _, typ := range table.Types() {
			got, err := take.Of(typ)
			if err == nil {
				require.True(t, got.Known(), "%s of %s", take, typ)
				require.False(t, got.ReadOnly() || got == table.Select || got == table.MultiSelect, "%s of %s is %s", take, typ, got)
			}
		}
	}
	_, err := table.TakeSum.Of(table.Text)
	require.ErrorContains(t, err, "only numbers have a sum")
	_, err = table.Take("median").Of(table.Number)
	require.ErrorContains(t, err, "use first, newest")
}

func TestWhatIsTakenFitsTheColumn(t *testing.T) {
	t.Parallel()
	long := table.Column{Type: table.LongText}
	text, number := table.Column{Type: table.Text}, table.Column{Type: table.Number}
	raw := func(values ...string) []json.RawMessage {
		var out []json.RawMessage
		for _, v := range values {
			out = append(out, json.RawMessage(v))
		}
		return out
	}
	require.Equal(t, `"1.5, 2, …"`, string(table.Taken(long, number, table.TakeList, raw("1.5", "2"), true).Value))
	require.Equal(t, `null`, string(table.Taken(long, number, table.TakeList, nil, false).Value))
	require.Equal(t, `"a, b"`, string(table.Taken(text, table.Column{Type: table.MultiSelect}, table.TakeFirst, raw(`["a","b"]`), false).Value))
	require.Equal(t, `4`, string(table.Taken(number, number, table.TakeSum, raw("4.00"), false).Value))
	require.Contains(t, table.Taken(number, number, table.TakeSum, raw("1"+strings.Repeat("0", 100)), false).Error, "the number 1000")
	require.Contains(t, table.Taken(text, long, table.TakeFirst, raw(`"`+strings.Repeat("x", 20_000)+`"`), false).Error, "characters")
}

// shop is two tables; the second looks into the first.
func shop(t require.TestingT) (m table.Maker, orders, customers *table.Table) {
	m = maker()
	var err error
	customers, err = table.New(m, kernel.TableID(m.IDs.New(kernel.PrefixTable)), "ws_1", "", "Customers",
		[]table.Draft{{Name: "Email", Type: table.Email}, {Name: "Score", Type: table.Number}, {Name: "Notes", Type: table.JSON}})
	require.NoError(t, err)
	orders, err = table.New(m, kernel.TableID(m.IDs.New(kernel.PrefixTable)), "ws_1", "", "Orders", []table.Draft{{Name: "Buyer", Type: table.Text}, {Name: "Total", Type: table.Number}})
	require.NoError(t, err)
	m.Tables = func(id kernel.TableID) (*table.Table, error) {
		for _, of := range []*table.Table{orders, customers} {
			if of.ID() == id {
				return of, nil
			}
		}
		return nil, kernel.NotFound("table", string(id))
	}
	return m, orders, customers
}

func TestALookupIsCheckedAndKeptById(t *testing.T) {
	t.Parallel()
	m, orders, customers := shop(t)
	good := table.Lookup{Table: customers.ID(), Key: "buyer", Match: "Email", Take: table.TakeFirst, Value: "Score"}
	add := func(typ table.Type, change func(*table.Lookup)) error {
		l := good
		change(&l)
		_, err := orders.AddColumn(m, table.Draft{Name: "L", Type: typ, Kind: table.LookupKind, Lookup: &l}, "", table.Step{})
		return err
	}
	for _, c := range []struct {
		says   string
		typ    table.Type
		change func(*table.Lookup)
	}{
		{"no table", table.Number, func(l *table.Lookup) { l.Table = "tbl_01ARZ3NDEKTSV4RRFFQ69G5FAV" }},
		{"the table has no column “Nope”", table.Number, func(l *table.Lookup) { l.Key = "Nope" }},
		{"the table has no column “Total”", table.Number, func(l *table.Lookup) { l.Match = "Total" }},
		{"“Notes” holds no keys", table.Number, func(l *table.Lookup) { l.Match = "Notes" }},
		{"not as \"sound\"", table.Number, func(l *table.Lookup) { l.Compare = "sound" }},
		{"\"all\" can't be taken", table.Number, func(l *table.Lookup) { l.Take = "all" }},
		{"no column “” to take", table.Number, func(l *table.Lookup) { l.Value = "" }},
		{"the lookup takes values of the type number", table.Date, func(*table.Lookup) {}},
		{"only numbers have a sum", table.Number, func(l *table.Lookup) { l.Take, l.Value = table.TakeSum, "Email" }},
	} {
		require.ErrorContains(t, add(c.typ, c.change), c.says)
	}
	require.NoError(t, add("", func(*table.Lookup) {}))
	kept, _ := orders.Schema().ByName("L")
	buyer, _ := orders.Schema().ByName("Buyer")
	email, _ := customers.Schema().ByName("Email")
	score, _ := customers.Schema().ByName("Score")
	require.Equal(t, table.Number, kept.Type, "the type that fits")
	require.Equal(t, table.Lookup{Table: customers.ID(), Key: buyer.ID, Match: email.ID, Compare: table.AsEmail, Take: table.TakeFirst, Value: score.ID}, *kept.Lookup)
	require.False(t, kept.Writable())
	require.Contains(t, kept.Refusal(), "looked up")
	require.Empty(t, kept.Lookup.Problem(kept.Type, customers))
	require.Contains(t, kept.Lookup.Problem(kept.Type, nil), "gone")

	kind := table.Data
	_, err := orders.ChangeColumn(m, kept.ID, table.ColumnChange{Kind: &kind}, table.Step{})
	require.ErrorContains(t, err, "add another column")
	_, _, err = orders.Retype(m, kept.ID, table.Retyped{Type: table.Text})
	require.ErrorContains(t, err, "together with what it computes")
	_, err = orders.AddColumn(m, table.Draft{Name: "X", Type: table.Text, Lookup: &good}, "", table.Step{})
	require.ErrorContains(t, err, "only a column of the kind lookup has one")

	before := len(orders.Pending())
	count := good
	count.Take = table.TakeCount
	_, err = orders.ChangeColumn(m, kept.ID, table.ColumnChange{Lookup: &count}, table.Step{})
	require.NoError(t, err)
	change, ok := orders.Pending()[before].(table.ColumnChanged)
	require.True(t, ok)
	require.NoError(t, orders.ChangeBack(m, change, false, table.Step{}))
	back, _ := orders.Schema().ByName("L")
	require.Equal(t, kept, back, "undo brings the lookup back")
}

func TestNoCircleGoesThroughTables(t *testing.T) {
	t.Parallel()
	m, orders, customers := shop(t)
	spent := table.Lookup{Table: orders.ID(), Key: "Email", Match: "Buyer", Take: table.TakeSum, Value: "Total"}
	_, err := customers.AddColumn(m, table.Draft{Name: "Spent", Type: table.Number, Kind: table.LookupKind, Lookup: &spent}, "", table.Step{})
	require.NoError(t, err)
	rank := table.Lookup{Table: customers.ID(), Key: "Buyer", Match: "Email", Take: table.TakeFirst, Value: "Spent"}
	c, err := orders.AddColumn(m, table.Draft{Name: "Rank", Type: table.Number, Kind: table.LookupKind, Lookup: &rank}, "", table.Step{})
	require.NoError(t, err)
	own := table.Lookup{Table: orders.ID(), Key: "Buyer", Match: "Buyer", Take: table.TakeMax, Value: c.ID}
	_, err = orders.AddColumn(m, table.Draft{Name: "Best", Type: table.Number, Kind: table.LookupKind, Lookup: &own}, "", table.Step{})
	require.NoError(t, err, "a table may look into itself")
	spentColumn, _ := customers.Schema().ByName("Spent")
	round := spent
	round.Value = "Rank"
	_, err = customers.ChangeColumn(m, spentColumn.ID, table.ColumnChange{Lookup: &round}, table.Step{})
	require.ErrorContains(t, err, "the lookup would use itself: “Spent” → “Rank” of “Orders” → “Spent”")
	require.NoError(t, orders.DeleteColumn(c.ID, table.Step{}))
	_, err = customers.TryLookup(m.Tables, table.Column{ID: spentColumn.ID, Lookup: &round})
	require.ErrorContains(t, err, "has no column", "one in the trash can't be chosen anew")
}

// TestLookupsAreComputedInOrder has lookups whose keys are made by formulas and lookups, and formulas over lookups.
func TestLookupsAreComputedInOrder(t *testing.T) {
	t.Parallel()
	m, orders, customers := shop(t)
	add := func(d table.Draft) table.Column {
		c, err := orders.AddColumn(m, d, "", table.Step{})
		require.NoError(t, err)
		return c
	}
	key := add(table.Draft{Name: "Key", Type: table.Text, Kind: table.FormulaKind, Formula: &table.Formula{Expression: `lower({{Buyer}})`}})
	score := add(table.Draft{Name: "Score", Kind: table.LookupKind, Lookup: &table.Lookup{Table: customers.ID(), Key: "Key", Match: "Email", Take: table.TakeFirst, Value: "Score"}})
	more := add(table.Draft{Name: "More", Type: table.Number, Kind: table.FormulaKind, Formula: &table.Formula{Expression: `{{Score}} + 1`}})
	f := orders.Formulas()
	require.Equal(t, []kernel.ColumnID{key.ID}, f.Alone())
	require.Equal(t, []kernel.ColumnID{score.ID, more.ID}, f.Looked())
	rapid.Check(t, func(r *rapid.T) {
		plan := f.Plan(f.All())
		buyer := rapid.SampledFrom([]string{`"ANN@x.com"`, `"ann@x.com"`, `"none"`, `null`, `7`}).Draw(r, "buyer")
		value := func(kernel.ColumnID) json.RawMessage { return json.RawMessage(buyer) }
		taken := func(id kernel.ColumnID, k table.Key) table.Computed {
			require.Equal(r, score.ID, id)
			want, _ := table.KeyOf(table.AsEmail, table.Text, json.RawMessage(`"ann@x.com"`))
			require.Equal(r, want, k)
			return table.Computed{Value: json.RawMessage(`41`)}
		}
		_, asks := plan.Key(0, value, taken)
		out := plan.Compute(value, taken, nil)
		require.Equal(r, strings.Contains(strings.ToLower(buyer), "ann@"), asks)
		if asks {
			require.Equal(r, `42`, string(out[2].Value))
		}
	})
}

// TestALookupWithoutItsMatchSaysSoForGood: such a lookup hears nothing of the table any more, so what it says must not depend on the table's
// later fate.
func TestALookupWithoutItsMatchSaysSoForGood(t *testing.T) {
	t.Parallel()
	const noMatch, trashed = "the column that the lookup matches is in the trash or gone", "the table that the lookup looks into is in the trash"
	for name, purge := range map[string]bool{"in the trash": false, "purged": true} {
		in, err := table.New(maker(), "tbl_9", "ws_1", "", "Firms", []table.Draft{{Name: "K", Type: table.Text}, {Name: "N", Type: table.Number}})
		require.NoError(t, err, name)
		l := table.Lookup{Table: "tbl_9", Match: in.Schema().Columns[0].ID, Take: table.TakeCount}
		require.Empty(t, l.Problem(table.Number, in), name)
		require.NoError(t, in.DeleteColumn(l.Match, table.Step{}), name)
		if purge {
			require.NoError(t, in.PurgeColumn(l.Match), name)
		}
		require.Equal(t, noMatch, l.Problem(table.Number, in), name)
		require.NoError(t, in.Trash(), name)
		require.Equal(t, map[bool]string{false: trashed, true: noMatch}[purge], l.Problem(table.Number, in), name)
	}
}
