package gridread_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// beside is several tables of one workspace; the fixture's one is that at hand.
type beside struct {
	*fixture
	tables map[kernel.TableID]*table.Table
}

func newBeside(t *testing.T) *beside {
	t.Helper()
	f := newFixture(t, table.Text)
	return &beside{f, map[kernel.TableID]*table.Table{f.tbl.ID(): f.tbl}}
}

// make makes a table and has it at hand.
func (b *beside) make(t require.TestingT, name string, drafts ...table.Draft) *table.Table {
	made, err := table.New(b.maker(), kernel.TableID(b.ids.New(kernel.PrefixTable)), workspace, "", name, drafts)
	require.NoError(t, err)
	b.Append(eventstore.Stream(table.StructureStream, string(made.ID())), made.Pending()...)
	b.tables[made.ID()] = made
	b.tbl = made
	return made
}

func (b *beside) find(id kernel.TableID) (*table.Table, error) {
	if t := b.tables[id]; t != nil {
		return t, nil
	}
	return nil, kernel.NotFound("table", string(id))
}

// use has a table at hand.
func (b *beside) use(id kernel.TableID) { b.tbl = b.tables[id] }

// reshape changes the structure of the table at hand.
func (b *beside) reshape(t require.TestingT, fn func(table.Maker, *table.Table) error) error {
	m := b.maker()
	m.Tables = b.find
	err := b.restructure(t, func(tbl *table.Table) error { return fn(m, tbl) })
	b.tables[b.tbl.ID()] = b.tbl
	return err
}

func (b *beside) lookup(t require.TestingT, name string, typ table.Type, l table.Lookup) kernel.ColumnID {
	var c table.Column
	require.NoError(t, b.reshape(t, func(m table.Maker, tbl *table.Table) (err error) {
		c, err = tbl.AddColumn(m, table.Draft{Name: name, Type: typ, Kind: table.LookupKind, Lookup: &l}, "", table.Step{})
		return err
	}))
	return c.ID
}

// add adds rows to the table at hand: the values of its writable columns, as JSON, in order.
func (b *beside) add(rows ...[]string) []kernel.RowID {
	c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for _, row := range rows {
		c.Rows = append(c.Rows, kernel.RowID(b.ids.New(kernel.PrefixRow)))
		i := 0
		for _, col := range b.tbl.Schema().Columns {
			if col.Writable() && i < len(row) {
				c.Cols[col.ID] = append(c.Cols[col.ID], json.RawMessage(row[i]))
				i++
			}
		}
	}
	b.cells(table.RowsInserted{TableID: b.tbl.ID(), Chunk: c})
	return c.Rows
}

func (b *beside) settle(t *testing.T) {
	t.Helper()
	require.NoError(t, b.Store.Settle(t.Context(), projections.LiveOf(gridview.Name)))
}

// companies and contacts are two tables of which the second looks into the first by the domain of an email address.
func companiesAndContacts(t *testing.T) (b *beside, companies, contacts *table.Table) {
	t.Helper()
	b = newBeside(t)
	companies = b.make(t, "Companies", table.Draft{Name: "Website", Type: table.URL}, table.Draft{Name: "Size", Type: table.Number}, table.Draft{Name: "City", Type: table.Text})
	contacts = b.make(t, "Contacts", table.Draft{Name: "Email", Type: table.Email})
	return b, companies, contacts
}

func TestALookupFollowsBothSides(t *testing.T) {
	t.Parallel()
	b, companies, contacts := companiesAndContacts(t)
	b.use(companies.ID())
	firms := b.add([]string{`"https://www.Acme.com/about"`, `10`, `"Zürich"`}, []string{`"acme.com"`, `30.5`, `null`}, []string{`"globex.com"`, `7`, `"Springfield"`})
	b.use(contacts.ID())
	people := b.add([]string{`"ann@acme.com"`}, []string{`"bob@nowhere.com"`}, []string{`null`})
	in := companies.ID()
	taken := map[table.Take]kernel.ColumnID{}
	for take, typ := range map[table.Take]table.Type{table.TakeFirst: table.Number, table.TakeNewest: table.Number, table.TakeCount: table.Number, table.TakeSum: table.Number, table.TakeMin: table.Number, table.TakeMax: table.Number} {
		taken[take] = b.lookup(t, string(take), typ, table.Lookup{Table: in, Key: "Email", Match: "Website", Take: take, Value: "Size"})
	}
	list := b.lookup(t, "Cities", table.LongText, table.Lookup{Table: in, Key: "Email", Match: "Website", Take: table.TakeList, Value: "City"})
	filled := b.lookup(t, "Known", table.Number, table.Lookup{Table: in, Key: "Email", Match: "Website", Take: table.TakeFilled, Value: "City"})
	double := b.formula(t, "Double", table.Number, `{{sum}} * 2`)

	require.Equal(t, `10 | - | -`, b.shown(t, taken[table.TakeFirst]))
	require.Equal(t, `30.5 | - | -`, b.shown(t, taken[table.TakeNewest]))
	require.Equal(t, `2 | 0 | -`, b.shown(t, taken[table.TakeCount]), "no key is no count")
	require.Equal(t, `40.5 | - | -`, b.shown(t, taken[table.TakeSum]))
	require.Equal(t, `10 | - | -`, b.shown(t, taken[table.TakeMin]))
	require.Equal(t, `30.5 | - | -`, b.shown(t, taken[table.TakeMax]))
	require.Equal(t, `"Zürich" | - | -`, b.shown(t, list))
	require.Equal(t, `1 | 0 | -`, b.shown(t, filled))
	require.Equal(t, `81 | - | -`, b.shown(t, double), "formulas use lookups")

	at := b.info(t).Last
	b.use(companies.ID())
	size, city := b.named("Size"), b.named("City")
	b.edit(size, firms[1], "9.5")
	b.edit(city, firms[1], `"Genf"`)
	b.use(contacts.ID())
	require.Equal(t, `19.5 | - | -`, b.shown(t, taken[table.TakeSum]), "an edit of the other side")
	require.Equal(t, `39 | - | -`, b.shown(t, double))
	require.Equal(t, `"Zürich, Genf" | - | -`, b.shown(t, list))
	require.Greater(t, b.info(t).Last, at, "what is remembered of the rows by the last change is none of these")

	b.use(companies.ID())
	b.cells(table.RowsDeleted{TableID: in, Rows: firms[:1]})
	b.edit(b.named("Website"), firms[2], `"http://NOWHERE.com"`)
	b.use(contacts.ID())
	require.Equal(t, `9.5 | 7 | -`, b.shown(t, taken[table.TakeFirst]), "rows that went, and keys that are others")
	b.use(companies.ID())
	b.cells(table.RowsRestored{TableID: in, Rows: firms[:1]})
	b.add([]string{`"acme.com"`, `100`})
	b.use(contacts.ID())
	require.Equal(t, `10 | 7 | -`, b.shown(t, taken[table.TakeFirst]), "rows that came back")
	require.Equal(t, `100 | 7 | -`, b.shown(t, taken[table.TakeNewest]), "and new ones")

	b.edit(b.named("Email"), people[2], `"cy@acme.com"`)
	b.add([]string{`"dee@acme.com"`})
	require.Equal(t, `3 | 1 | 3 | 3`, b.shown(t, taken[table.TakeCount]), "keys of this side")
	many, err := table.ParseFilter(json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"gt","value":2}`, taken[table.TakeCount])), b.tbl.Schema())
	require.NoError(t, err)
	require.Len(t, b.page(t, gridview.Query{Filter: many}), 3)
	b.RequireRebuildable()
}

func TestLookupsAreReadAcrossTablesInTurn(t *testing.T) {
	t.Parallel()
	b, companies, contacts := companiesAndContacts(t)
	b.use(companies.ID())
	score := b.formula(t, "Score", table.Number, `100 / {{Size}}`)
	b.tables[companies.ID()] = b.tbl
	firms := b.add([]string{`"acme.com"`, `10`}, []string{`"globex.com"`, `0`})
	b.use(contacts.ID())
	host := b.formula(t, "Host", table.Text, `domain({{Email}})`)
	b.tables[contacts.ID()] = b.tbl
	b.add([]string{`"ann@acme.com"`}, []string{`"bob@globex.com"`})
	scored := b.lookup(t, "Scored", table.Number, table.Lookup{Table: companies.ID(), Key: host, Match: "Website", Take: table.TakeFirst, Value: score})
	require.Equal(t, `10 | error: the cell that the lookup takes has an error`, b.shown(t, scored), "a formula is a key, and what is taken")
	deals := b.make(t, "Deals", table.Draft{Name: "Contact", Type: table.Text})
	b.add([]string{`"ANN@acme.com "`}, []string{`"bob@globex.com"`})
	worth := b.lookup(t, "Worth", table.Number, table.Lookup{Table: contacts.ID(), Key: "Contact", Match: "Email", Take: table.TakeSum, Value: scored})
	require.Equal(t, `10 | -`, b.shown(t, worth))

	b.use(companies.ID())
	b.edit(b.named("Size"), firms[0], "4")
	b.edit(b.named("Size"), firms[1], "5")
	b.use(deals.ID())
	require.Equal(t, `25 | 20`, b.shown(t, worth), "a change goes through all tables")

	// The circle is refused by its names, over all three tables.
	b.use(companies.ID())
	err := b.reshape(t, func(m table.Maker, tbl *table.Table) error {
		_, err := tbl.ChangeColumn(m, score, table.ColumnChange{Formula: &table.Formula{Expression: `1 + {{Size}}`}}, table.Step{})
		return err
	})
	require.NoError(t, err)
	back := b.lookup(t, "Back", table.Number, table.Lookup{Table: deals.ID(), Key: "City", Match: "Contact", Take: table.TakeSum, Value: worth})
	err = b.reshape(t, func(m table.Maker, tbl *table.Table) error {
		_, err := tbl.ChangeColumn(m, score, table.ColumnChange{Formula: &table.Formula{Expression: `1 + {{Back}}`}}, table.Step{})
		return err
	})
	require.ErrorContains(t, err, `the formula would use itself: “Score” → “Back” → “Worth” of “Deals” → “Scored” of “Contacts” → “Score”`)
	require.Equal(t, `- | -`, b.shown(t, back))
	b.RequireRebuildable()
}

// A key and what it leads to become others at once, where the columns of both are computed and one is the key of another lookup.
func TestALookupFindsWhatIsComputedAtOnceWithItsKey(t *testing.T) {
	t.Parallel()
	b := newBeside(t)
	own := b.make(t, "Own", table.Draft{Name: "From", Type: table.Text}, table.Draft{Name: "To", Type: table.Text})
	key, match := b.formula(t, "Key", table.Text, `{{From}}`), b.formula(t, "Match", table.Text, `{{To}}`)
	b.tables[own.ID()] = b.tbl
	counted := b.lookup(t, "Counted", table.Number, table.Lookup{Table: own.ID(), Key: match, Match: "To", Take: table.TakeCount})
	found := b.lookup(t, "Found", table.Text, table.Lookup{Table: own.ID(), Key: key, Match: match, Take: table.TakeFirst, Value: match})
	rows := b.add([]string{`"a"`, `"b"`}, []string{`"c"`, `"d"`})
	edit := func(col string, row int) table.CellsEdited {
		return table.CellsEdited{TableID: own.ID(), Chunk: kernel.Chunk{Rows: rows[row : row+1], Cols: map[kernel.ColumnID][]json.RawMessage{b.named(col): {json.RawMessage(`"x"`)}}}}
	}
	b.cells(edit("From", 0), edit("To", 1))
	b.settle(t)
	require.Equal(t, `"x" | -`, b.shown(t, found))
	require.Equal(t, `1 | 1`, b.shown(t, counted))
	b.RequireRebuildable()
}

func TestALookupSaysWhyItFindsNothing(t *testing.T) {
	t.Parallel()
	b, companies, contacts := companiesAndContacts(t)
	b.use(companies.ID())
	b.add([]string{`"acme.com"`, `10`, `"Zürich"`})
	b.use(contacts.ID())
	b.add([]string{`"ann@acme.com"`})
	size := b.lookup(t, "Size", table.Number, table.Lookup{Table: companies.ID(), Key: "Email", Match: "Website", Take: table.TakeFirst, Value: "Size"})
	count := b.lookup(t, "Count", table.Number, table.Lookup{Table: companies.ID(), Key: "Email", Match: "Website", Take: table.TakeCount})
	require.Equal(t, `10`, b.shown(t, size))
	other := func(fn func(m table.Maker, tbl *table.Table) error) {
		b.use(companies.ID())
		require.NoError(t, b.reshape(t, fn))
		b.use(contacts.ID())
	}
	col := func(name string) kernel.ColumnID { c, _ := companies.Schema().ByName(name); return c.ID }
	retype := func(to table.Type) {
		other(func(m table.Maker, tbl *table.Table) error {
			old, now, err := tbl.Retype(m, col("Size"), table.Retyped{Type: to})
			if err != nil {
				return err
			}
			return tbl.ChangeType(old, now, table.RulesNow(nil), true, table.Step{})
		})
	}
	retype(table.Text)
	require.Equal(t, `error: the column that the lookup takes has another type now; edit the lookup`, b.shown(t, size))
	retype(table.Currency)
	require.Equal(t, `10`, b.shown(t, size))

	other(func(_ table.Maker, tbl *table.Table) error { return tbl.DeleteColumn(col("Size"), table.Step{}) })
	require.Equal(t, `error: the column that the lookup takes is in the trash or gone`, b.shown(t, size))
	require.Equal(t, `1`, b.shown(t, count))
	other(func(_ table.Maker, tbl *table.Table) error {
		_, err := tbl.RestoreColumn(col("Size"), table.Step{})
		return err
	})
	require.Equal(t, `10`, b.shown(t, size))
	other(func(_ table.Maker, tbl *table.Table) error { return tbl.Trash() })
	require.Equal(t, `error: the table that the lookup looks into is in the trash`, b.shown(t, size))
	other(func(_ table.Maker, tbl *table.Table) error { return tbl.Restore() })
	require.Equal(t, `10`, b.shown(t, size))
	other(func(_ table.Maker, tbl *table.Table) error { return tbl.DeleteColumn(col("Website"), table.Step{}) })
	other(func(_ table.Maker, tbl *table.Table) error { return tbl.PurgeColumn(col("Website")) })
	require.Equal(t, `error: the column that the lookup matches is in the trash or gone`, b.shown(t, count))
	require.NoError(t, b.reshape(t, func(_ table.Maker, tbl *table.Table) error { return tbl.DeleteColumn(b.named("Email"), table.Step{}) }))
	require.Equal(t, `error: a column that the lookup uses is in the trash or gone`, b.shown(t, size))
	other(func(_ table.Maker, tbl *table.Table) error { return tbl.Trash() })
	other(func(_ table.Maker, tbl *table.Table) error { return tbl.Purge() })
	require.NoError(t, b.reshape(t, func(_ table.Maker, tbl *table.Table) error { return tbl.DeleteColumn(size, table.Step{}) }))
	require.NoError(t, b.reshape(t, func(_ table.Maker, tbl *table.Table) error { return tbl.PurgeColumn(size) }))
	b.settle(t)
	b.RequireRebuildable()
}

func TestLookupsOverManyRowsAreFilledInTheBackground(t *testing.T) {
	t.Parallel()
	b, companies, contacts := companiesAndContacts(t)
	const n = 6000
	fill := func(id kernel.TableID, row func(i int) []string) {
		b.use(id)
		for at := 0; at < n; at += 500 {
			rows := make([][]string, 500)
			for i := range rows {
				rows[i] = row(at + i)
			}
			b.add(rows...)
		}
	}
	fill(companies.ID(), func(i int) []string { return []string{fmt.Sprintf(`"firm%d.com"`, i), strconv.Itoa(i), `"x"`} })
	fill(contacts.ID(), func(i int) []string { return []string{fmt.Sprintf(`"ann@firm%d.com"`, i/2)} })
	size := b.lookup(t, "Size", table.Number, table.Lookup{Table: companies.ID(), Key: "Email", Match: "Website", Take: table.TakeFirst, Value: "Size"})
	require.NotNil(t, b.info(t).Recompute, "the keys of so many rows are gathered afterwards")
	b.settle(t)
	require.Nil(t, b.info(t).Recompute)
	require.Equal(t, `7`, string(b.page(t, gridview.Query{})[15].Cells[size]))

	// One firm of all contacts: more rows than are computed with the edit.
	email := b.named("Email")
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for _, row := range b.page(t, gridview.Query{}) {
		chunk.Rows, chunk.Cols[email] = append(chunk.Rows, row.ID), append(chunk.Cols[email], json.RawMessage(`"all@firm7.com"`))
	}
	b.cells(table.CellsEdited{TableID: contacts.ID(), Chunk: chunk}) // the page has a thousand rows
	b.add([]string{`"x@firm7.com"`})
	b.use(companies.ID())
	seven := b.page(t, gridview.Query{})[7].ID
	b.edit(b.named("Size"), seven, "70000")
	b.use(contacts.ID())
	require.NotNil(t, b.info(t).Recompute)
	b.settle(t)
	require.Nil(t, b.info(t).Recompute)
	is, err := table.ParseFilter(json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"is","value":70000}`, size)), b.tbl.Schema())
	require.NoError(t, err)
	found, err := b.grid.Count(t.Context(), b.info(t), gridview.Query{Filter: is})
	require.NoError(t, err)
	require.EqualValues(t, 1001, found)
	b.RequireRebuildable()
}

func TestALookupIsTriedBeforeItIsMade(t *testing.T) {
	t.Parallel()
	b, companies, contacts := companiesAndContacts(t)
	b.use(companies.ID())
	b.add([]string{`"acme.com"`, `10`}, []string{`"acme.com"`, `5`})
	b.use(contacts.ID())
	people := b.add([]string{`"ann@acme.com"`}, []string{`"bob@nowhere.com"`}, []string{`null`})
	c, err := b.tbl.TryLookup(b.find, table.Column{Lookup: &table.Lookup{Table: companies.ID(), Key: "Email", Match: "Website", Take: table.TakeList, Value: "Size"}})
	require.NoError(t, err)
	require.Equal(t, table.LongText, c.Type)
	for row, want := range map[kernel.RowID]string{people[0]: `"10, 5"`, people[1]: `null`, people[2]: `null`, "": `null`} {
		tried, err := b.grid.TryLookup(t.Context(), b.info(t), c, row)
		require.NoError(t, err)
		require.Equal(t, gridview.TriedLookup{Rows: 2, Matched: 1, Through: true, Made: table.Computed{Value: json.RawMessage(want)}}, tried)
	}
}
