package table

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Table is the structure of a table: an aggregate on the stream table-<id>.
type Table struct {
	kernel.Root
	s state
}

// state is everything that a Table folds; it is also what a snapshot holds.
type state struct {
	ID        kernel.TableID     `json:"id"`
	Workspace kernel.WorkspaceID `json:"workspace"`
	Folder    kernel.FolderID    `json:"folder,omitempty"`
	Name      string             `json:"name"`
	About     string             `json:"description,omitempty"`
	Owner     kernel.UserID      `json:"owner,omitempty"`
	Columns   []Column           `json:"columns"`
	Deleted   []deletedColumn    `json:"deleted,omitempty"`
	Formers   []Former           `json:"formers,omitempty"` // in the order in which they were left behind
	Views     []View             `json:"views"`
	Trashed   bool               `json:"trashed,omitempty"`
	Purged    bool               `json:"purged,omitempty"`
	Version   int64              `json:"version"`
	Tick      time.Time          `json:"tick,omitzero"`
	Branch    *branch            `json:"branch,omitempty"` // of a branch
}

// deletedColumn is a column in the trash and where it stood.
type deletedColumn struct {
	Column Column `json:"column"`
	At     int    `json:"at"`
}

// Former is a column as it was before a change of type that can be taken back; or, once that is Undone, as it was after it.
type Former struct {
	Column Column `json:"column"`
	At     int64  `json:"at"` // the table's version before the change, which names the change
	By     *Rules `json:"by,omitempty"`
	Undone bool   `json:"undone,omitempty"`
}

// maxFormers is how many changes of type of a column can be taken back.
const maxFormers = 10

// Blank returns a table without events.
func Blank() *Table { return &Table{} }

// Draft is what is asked for when a column is made.
type Draft struct {
	Name        string
	Type        Type
	Kind        Kind // data if empty
	Options     []Option
	Format      *NumberFormat
	Form        *Form
	Description string
	Formula     *Formula
	Lookup      *Lookup
	Enrichment  json.RawMessage
}

// Maker stamps new things: ids and the time.
type Maker struct {
	IDs   *kernel.IDs
	Clock kernel.Clock
	By    kernel.UserID  // whose new tables are; nobody's if empty
	Zone  *time.Location // the workspace's, in which formulas are told the time; UTC if nil
	// Tables finds the workspace's other tables, in the trash or not, that lookups look into; there are none if nil.
	Tables Tables
}

// Now is the time in the workspace's zone.
func (m Maker) Now() time.Time {
	if m.Zone == nil {
		return m.Clock.Now().UTC()
	}
	return m.Clock.Now().In(m.Zone)
}

// New records the creation of a table with its columns and a shared default view.
func New(m Maker, id kernel.TableID, ws kernel.WorkspaceID, folder kernel.FolderID, name string, drafts []Draft) (*Table, error) {
	t := &Table{s: state{ID: id, Workspace: ws}}
	name, err := cleanName("name", name)
	if err != nil {
		return nil, err
	}
	if len(drafts) > MaxColumns {
		return nil, tooManyColumns()
	}
	var cols []Column
	for _, d := range drafts {
		c, err := m.column(d, cols)
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	timed := false
	for i, c := range cols {
		var uses bool
		if cols[i], uses, err = t.computed(m, c, cols); err != nil {
			return nil, err
		}
		timed = timed || uses
	}
	view := View{
		ID:      kernel.ViewID(m.IDs.New(kernel.PrefixView)),
		Name:    "All rows",
		Shared:  true,
		Default: true,
		Sort:    []Sort{},
		Columns: []ViewColumn{},
	}
	err = t.Record(t, Created{TableID: id, WorkspaceID: ws, FolderID: folder, Name: name, Owner: m.By, Columns: cols, Views: []View{view}})
	if err != nil || !timed {
		return t, err
	}
	return t, t.Tick(m.Now())
}

// ID returns the table's id, empty for a table that doesn't exist.
func (t *Table) ID() kernel.TableID { return t.s.ID }

// Workspace returns the workspace that the table is in.
func (t *Table) Workspace() kernel.WorkspaceID { return t.s.Workspace }

// Name returns the table's name.
func (t *Table) Name() string { return t.s.Name }

// Description returns what is said of the table, empty if nothing is.
func (t *Table) Description() string { return t.s.About }

// Owner returns who answers for the table, empty for one from before that was recorded.
func (t *Table) Owner() kernel.UserID { return t.s.Owner }

// Trashed reports whether the table is in the trash.
func (t *Table) Trashed() bool { return t.s.Trashed }

// Purged reports whether the table is gone for good.
func (t *Table) Purged() bool { return t.s.Purged }

// Views returns every view, of everybody.
func (t *Table) Views() []View { return slices.Clone(t.s.Views) }

// Schema returns what cells are checked against.
func (t *Table) Schema() Schema {
	return Schema{
		Table:     t.s.ID,
		Workspace: t.s.Workspace,
		Name:      t.s.Name,
		Columns:   slices.Clone(t.s.Columns),
		Version:   t.s.Version,
		Trashed:   t.s.Trashed,
		Tick:      t.s.Tick,
		Of:        t.BranchOf(),
		Merging:   t.Merge().Running(),
	}
}

// Tick records the time, in the workspace's zone, for the formulas that ask for it: now() is this moment, today() its day.
func (t *Table) Tick(at time.Time) error {
	at = at.Truncate(time.Second)
	if at.Equal(t.s.Tick) && at.Format(time.RFC3339) == t.s.Tick.Format(time.RFC3339) {
		return nil
	}
	return t.Record(t, Ticked{TableID: t.s.ID, At: at})
}

// Of reports whether the table is of the workspace, in the trash or not.
func (t *Table) Of(ws kernel.WorkspaceID) bool { return t.s.ID != "" && t.s.Workspace == ws }

// In returns a not-found error unless the table exists in the workspace and is not in the trash, and refuses a branch: what is not made
// for branches must not happen to one.
func (t *Table) In(ws kernel.WorkspaceID, id kernel.TableID) error {
	if err := t.Holds(ws, id); err != nil {
		return err
	}
	if t.s.Branch != nil {
		return NotOnBranch()
	}
	return nil
}

// Holds returns a not-found error unless the table or branch exists in the workspace and is not in the trash.
func (t *Table) Holds(ws kernel.WorkspaceID, id kernel.TableID) error {
	if t.s.ID == "" || t.s.Workspace != ws || t.s.Trashed {
		return kernel.NotFound("table", string(id))
	}
	return nil
}

// Rename gives the table another name.
func (t *Table) Rename(name string, step Step) error {
	name, err := cleanName("name", name)
	if err != nil || name == t.s.Name {
		return err
	}
	return t.Record(t, Renamed{TableID: t.s.ID, Name: name, Old: t.s.Name, Step: step})
}

// Trash puts the table into the trash.
func (t *Table) Trash() error { return t.Record(t, Trashed{TableID: t.s.ID}) }

// Restore takes the table out of the trash; a table that isn't there stays as it is.
func (t *Table) Restore() error {
	switch {
	case t.s.Purged:
		return kernel.NotFound("table", string(t.s.ID))
	case !t.s.Trashed:
		return nil
	}
	return t.Record(t, Restored{TableID: t.s.ID})
}

// TrashTime is how long tables, columns and rows stay in the trash.
const TrashTime = 30 * 24 * time.Hour

// InTrash is what of a table has been in the trash for TrashTime: all of it, or some of its columns and rows.
type InTrash struct {
	Whole   bool
	Columns []kernel.ColumnID
	Rows    []kernel.RowID
}

// Purge removes the table for good, if it is in the trash.
func (t *Table) Purge() error {
	if !t.s.Trashed || t.s.Purged {
		return nil
	}
	return t.Record(t, Purged{TableID: t.s.ID})
}

// SnapshotSchema implements eventstore.Snapshotter.
func (t *Table) SnapshotSchema() int { return 1 }

// MarshalState implements eventstore.Snapshotter.
func (t *Table) MarshalState() (json.RawMessage, error) { return json.Marshal(t.s) }

// UnmarshalState implements eventstore.Snapshotter.
func (t *Table) UnmarshalState(b json.RawMessage) error { return json.Unmarshal(b, &t.s) }

// cleanName trims a name and checks it.
func cleanName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	return name, checkName(field, name)
}

func checkName(field, name string) error {
	n := utf8.RuneCountInString(name)
	switch {
	case n == 0:
		return kernel.Invalid(field, "give it a name of 1 to %d characters", MaxNameChars)
	case n > MaxNameChars:
		return kernel.Invalid(field, "the name has %d characters; at most %d are possible", n, MaxNameChars)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return kernel.Invalid(field, "the name holds control characters; remove them")
	}
	return nil
}

func tooManyColumns() error {
	return kernel.Invalid("columns", "a table has at most %d columns", MaxColumns)
}
