package dataopscmd

import (
	"context"
	"fmt"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Mapping says where a column of the file goes: into a column of the table, into a new one, or nowhere.
type Mapping struct {
	Index     int             `json:"index" minimum:"0"`
	ColumnID  kernel.ColumnID `json:"column_id,omitempty"`
	NewColumn *NewColumn      `json:"new_column,omitempty"`
	Skip      bool            `json:"skip,omitempty"`
	Form      *dataops.Form   `json:"form,omitempty" doc:"How the file writes the column's numbers and dates; absent, as was found."`
	Empty     *[]string       `json:"empty,omitempty" maxItems:"20" doc:"Texts that mean an empty cell; absent, those that were found in a typed column."`
}

// NewColumn is a column to be made.
type NewColumn struct {
	Name     string     `json:"name"`
	Type     table.Type `json:"type"`
	Currency string     `json:"currency,omitempty" doc:"Of a currency column (ISO 4217); absent, the one that was found."`
}

// Commit lets an import begin. Either TableID or NewTable names the table.
type Commit struct {
	ImportID kernel.ImportID
	TableID  kernel.TableID
	NewTable string // its name
	// Mapping has a line for each column of the file that matters. Without any, all columns go into a new table, or those
	// with a column of the same name into the table that is there.
	Mapping          []Mapping
	Mode             dataops.Mode
	KeyColumns       []string // ids or names of columns of the table
	Header           *bool
	UnescapeFormulas *bool // nil: if the file has them escaped
	CreateOptions    bool
	KeepRows         bool // take a row with a bad value, without that value
	// DropUnfilled puts the columns of an empty table that the file doesn't fill into the trash.
	DropUnfilled bool
}

// Validate checks the command by itself.
func (c Commit) Validate() error {
	fields := []kernel.Checked{
		kernel.Field("table_id", c.TableID, kernel.Holds((c.TableID == "") != (c.NewTable == ""), "name either a table or a new table")),
		kernel.Field("mode", c.Mode, kernel.OneOf([]dataops.Mode{dataops.Append, dataops.Upsert, dataops.AddNew},
			"%q is not append, upsert or add_new", c.Mode)),
		kernel.Field("key_columns", c.KeyColumns, kernel.Holds(!c.Mode.Keyed() ||
			len(c.KeyColumns) > 0, "upsert and add_new need at least one key column"),
			kernel.Sized(0, maxKeyColumns, "at most %d are possible", maxKeyColumns)),
	}
	seen := map[int]bool{}
	for i, m := range c.Mapping {
		ways := 0
		for _, way := range []bool{m.ColumnID != "", m.NewColumn != nil, m.Skip} {
			if way {
				ways++
			}
		}
		fields = append(fields, kernel.Field(fmt.Sprintf("mapping[%d]", i), m.Index,
			kernel.Holds(ways == 1, "say one of column_id, new_column and skip"),
			kernel.Holds(!seen[m.Index], "column %d of the file is mapped twice", m.Index)))
		seen[m.Index] = true
	}
	return kernel.Check(fields...)
}

const maxKeyColumns = 5

// Commit starts the import. A new table, or the new columns, are made in the same append.
func (h *Handlers) Commit(ctx context.Context, meta kernel.Meta, cmd Commit) (commands.Result[dataops.Summary], error) {
	var none commands.Result[dataops.Summary]
	if cmd.Mode == "" {
		cmd.Mode = dataops.Append
	}
	if err := cmd.Validate(); err != nil {
		return none, err
	}
	return eventstore.Retry(ctx, func(int) (commands.Result[dataops.Summary], error) {
		req, answer, err := h.start(ctx, meta, cmd)
		if err != nil {
			return none, err
		}
		done, err := h.cfg.Store.Append(ctx, req)
		if err != nil {
			return none, err
		}
		return commands.Reply(done, answer)
	})
}

// planned is an import that may begin, with its table as it is then.
type planned struct {
	imp          *dataops.Import
	version      int64
	table        *table.Table
	tableVersion int64
	before       *table.Schema // of the table without the columns that the import brings; nil if the table is new
}

// start makes the append that starts the import.
func (h *Handlers) start(ctx context.Context, meta kernel.Meta, cmd Commit) (eventstore.Append, dataops.Summary, error) {
	p, err := h.plan(ctx, meta, cmd)
	if err != nil {
		return eventstore.Append{}, dataops.Summary{}, err
	}
	answer := p.imp.Summary()
	req, err := h.cfg.Codec.Append(meta, answer,
		eventstore.At(h.tables.Stream(string(p.table.ID())), eventstore.Expected(p.tableVersion), p.table.Pending()...),
		eventstore.At(h.imports.Stream(string(p.imp.ID)), eventstore.Expected(p.version), p.imp.Pending()...))
	return req, answer, err
}

// plan decides what goes where.
func (h *Handlers) plan(ctx context.Context, meta kernel.Meta, cmd Commit) (*planned, error) {
	imp, version, err := h.load(ctx, meta.Workspace, cmd.ImportID)
	if err != nil {
		return nil, err
	}
	if err := imp.Waits(); err != nil { // before its file is looked for, which may be gone
		return nil, err
	}
	if imp.Unsure {
		return nil, kernel.E(kernel.KindInvalid, "ENCODING_UNSURE",
			"the encoding of the file is not certain; see how its lines would read and choose one with preview")
	}
	seen, first, err := h.seen(ctx, imp, cmd.Header)
	if err != nil {
		return nil, err
	}
	tbl, tableVersion, err := h.target(ctx, meta.Workspace, cmd)
	if err != nil {
		return nil, err
	}
	isNew := tbl == nil
	made := map[int]bool{}
	var before *table.Schema
	if !isNew {
		schema := tbl.Schema()
		schema.Version = tableVersion
		before = &schema
	}
	if isNew {
		if tbl, cmd.Mapping, err = h.newTable(meta.Workspace, cmd, seen.columns, made); err != nil {
			return nil, err
		}
	}
	step := table.Step{Step: string(imp.ID), Label: "Import"}
	trashed, err := h.dropUnfilled(ctx, tbl, cmd, seen.columns, isNew, step)
	if err != nil {
		return nil, err
	}
	plan := seen.plan(cmd)
	plan.Trashed = trashed
	if plan.Targets, err = h.targets(tbl, cmd.Mapping, seen.columns, made, step); err != nil {
		return nil, err
	}
	if err := h.setZone(ctx, tbl.Schema(), plan.Targets); err != nil {
		return nil, err
	}
	if plan.KeyColumns, err = keyColumns(tbl.Schema(), plan, cmd.KeyColumns); err != nil {
		return nil, err
	}
	return &planned{imp, version, tbl, tableVersion, before}, imp.Start(tbl.ID(), isNew, plan, first, meta.Actor.User())
}

// plan is what the command wants of the file, as far as it doesn't depend on the table.
func (s sight) plan(cmd Commit) dataops.Plan {
	p := dataops.Plan{
		Reading:          s.reading,
		Width:            len(s.columns),
		Mode:             cmd.Mode,
		UnescapeFormulas: s.facts.Escaped,
		CreateOptions:    cmd.CreateOptions,
		KeepRows:         cmd.KeepRows,
	}
	if cmd.UnescapeFormulas != nil {
		p.UnescapeFormulas = *cmd.UnescapeFormulas
	}
	return p
}

// seen is what the look at the upload has shown, or another one where the header is decided otherwise; and where the first record begins.
func (h *Handlers) seen(ctx context.Context, imp *dataops.Import, header *bool) (s sight, first dataops.Mark, err error) {
	s = sight{reading: imp.Reading, columns: imp.Columns, facts: imp.Facts}
	if header != nil && *header != imp.Reading.Header {
		s.reading.Header = *header
		if s, err = h.analyse(ctx, imp.Object, s.reading, nil); err != nil {
			return s, first, err
		}
		e := dataops.Previewed{Reading: s.reading, Columns: s.columns, Preview: s.preview, Facts: s.facts}
		if err := imp.Reanalyse(e); err != nil {
			return s, first, err
		}
	}
	first, err = h.first(ctx, imp.Object, s.reading)
	return s, first, err
}

func (h *Handlers) maker() table.Maker { return table.Maker{IDs: h.cfg.IDs, Clock: h.cfg.Clock} }

// target loads the table to import into; nil if it is to be made.
func (h *Handlers) target(ctx context.Context, ws kernel.WorkspaceID, cmd Commit) (*table.Table, int64, error) {
	if cmd.TableID == "" {
		return nil, 0, nil
	}
	tbl, version, err := h.tables.Load(ctx, string(cmd.TableID))
	if err != nil {
		return nil, 0, err
	}
	return tbl, version, tbl.In(ws, cmd.TableID)
}

// newTable makes the table with all its columns at once, and the mapping onto them. It notes in made which columns of the
// file have got one of their own.
func (h *Handlers) newTable(
	ws kernel.WorkspaceID, cmd Commit, columns []dataops.FileColumn, made map[int]bool,
) (*table.Table, []Mapping, error) {
	mapping := cmd.Mapping
	if len(mapping) == 0 {
		for _, c := range columns {
			if !c.SuggestSkip {
				mapping = append(mapping, Mapping{Index: c.Index, NewColumn: &NewColumn{Name: c.Name, Type: table.Type(c.SuggestedType)}})
			}
		}
		if len(mapping) > table.MaxColumns {
			return nil, nil, kernel.Invalid("mapping", "the file has %d columns and a table takes %d; say in mapping which to leave out",
				len(mapping), table.MaxColumns)
		}
	}
	var drafts []table.Draft
	for i, m := range mapping {
		switch {
		case m.ColumnID != "":
			return nil, nil, kernel.Invalid(fmt.Sprintf("mapping[%d]", i), "a new table has no column %q", m.ColumnID)
		case m.NewColumn != nil && m.Index >= 0 && m.Index < len(columns):
			drafts = append(drafts, m.draft(columns[m.Index]))
		case m.NewColumn != nil:
			return nil, nil, kernel.Invalid(fmt.Sprintf("mapping[%d]", i), "the file has no column %d", m.Index)
		}
	}
	id := kernel.TableID(h.cfg.IDs.New(kernel.PrefixTable))
	tbl, err := table.New(h.maker(), id, ws, "", cmd.NewTable, drafts)
	if err != nil {
		return nil, nil, err
	}
	var bound []Mapping
	for _, m := range mapping {
		if m.NewColumn != nil {
			bound = append(bound, Mapping{Index: m.Index, ColumnID: tbl.Schema().Columns[len(bound)].ID, Form: m.Form, Empty: m.Empty})
			made[m.Index] = true
		}
	}
	return tbl, bound, nil
}

// targets says where each column of the file goes, and makes the new columns of a table that is there already.
func (h *Handlers) targets(
	tbl *table.Table, mapping []Mapping, columns []dataops.FileColumn, made map[int]bool, step table.Step,
) ([]dataops.Target, error) {
	if len(mapping) == 0 {
		mapping = sameNames(tbl.Schema(), columns)
	}
	var out []dataops.Target
	used := map[kernel.ColumnID]bool{}
	for i, m := range mapping {
		field := fmt.Sprintf("mapping[%d]", i)
		if m.Index < 0 || m.Index >= len(columns) {
			return nil, kernel.Invalid(field, "the file has no column %d", m.Index)
		}
		if m.Skip {
			continue
		}
		t := dataops.Target{Index: m.Index, Name: columns[m.Index].Name, ColumnID: m.ColumnID, NewOptions: made[m.Index]}
		if m.NewColumn != nil {
			c, err := tbl.AddColumn(h.maker(), m.draft(columns[m.Index]), "", step)
			if err != nil {
				return nil, kernel.Invalid(field, "%s", err)
			}
			t.ColumnID, t.NewOptions = c.ID, true
		}
		c, err := tbl.Live(t.ColumnID)
		switch {
		case err != nil:
			return nil, kernel.Invalid(field, "the table has no column %q", t.ColumnID)
		case !c.Writable():
			return nil, kernel.Invalid(field, "%s %s", c.Name, c.Refusal())
		case used[c.ID]:
			return nil, kernel.Invalid(field, "two columns of the file go into %s", c.Name)
		}
		used[c.ID] = true
		if t.Form, err = formFor(field, m, columns[m.Index], c); err != nil {
			return nil, err
		}
		t.Empty = emptyFor(m, columns[m.Index], c)
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, kernel.Invalid("mapping", "no column of the file goes anywhere")
	}
	return out, nil
}

// sameNames maps onto the columns that have the same name as one of the file's.
func sameNames(s table.Schema, columns []dataops.FileColumn) []Mapping {
	var out []Mapping
	taken := map[kernel.ColumnID]bool{}
	for _, c := range columns {
		if col, ok := similar(s, c.Name); ok && !taken[col.ID] && !c.SuggestSkip {
			taken[col.ID] = true
			out = append(out, Mapping{Index: c.Index, ColumnID: col.ID})
		}
	}
	return out
}

// keyColumns finds the key columns, each of which the file must fill.
func keyColumns(s table.Schema, plan dataops.Plan, names []string) ([]kernel.ColumnID, error) {
	if !plan.Mode.Keyed() {
		return nil, nil
	}
	filled := map[kernel.ColumnID]bool{}
	for _, t := range plan.Targets {
		filled[t.ColumnID] = true
	}
	var out []kernel.ColumnID
	for i, name := range names {
		c, ok := s.Find(name)
		if !ok || !filled[c.ID] {
			return nil, kernel.Invalid(fmt.Sprintf("key_columns[%d]", i), "%q is not a column that the file fills", name)
		}
		filled[c.ID] = false // named twice
		out = append(out, c.ID)
	}
	return out, nil
}
