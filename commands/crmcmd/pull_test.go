package crmcmd_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// twoWay is a fixture whose sync keeps names and sizes in step.
type twoWay struct {
	*fixture
	sync kernel.SyncID
}

func newTwoWay(t *testing.T, rule crm.Rule) *twoWay {
	t.Helper()
	f := &twoWay{fixture: newFixture(t)}
	f.connect()
	f.save(func(d *crm.Definition) { d.Conflicts = rule })
	return f
}

func (f *twoWay) save(change func(*crm.Definition)) {
	f.t.Helper()
	d := f.definition()
	d.CreateRows = true
	d.Mappings = []crm.Mapping{
		{Field: "name", ColumnID: f.columns[1], Direction: crm.Both}, {Field: "size", ColumnID: f.columns[2], Direction: crm.Both},
	}
	change(&d)
	saved, err := f.h.Save(f.t.Context(), f.meta, crmcmd.Save{ID: f.sync, Definition: d})
	require.NoError(f.t, err)
	f.sync = saved.Value.ID
}

func (f *twoWay) begin(c crmcmd.Start) kernel.SyncRunID {
	f.t.Helper()
	c.SyncID = f.sync
	started, err := f.h.Start(f.t.Context(), f.meta, c)
	require.NoError(f.t, err)
	f.clock.Advance(time.Minute)
	return started.Value.ID
}

func (f *twoWay) pull() (crm.Counts, kernel.SyncRunID) {
	f.t.Helper()
	id := f.begin(crmcmd.Start{Pull: true})
	r := f.run(id)
	require.Equal(f.t, crm.RunCompleted, r.State(), r.Stopped())
	return r.Counts(), id
}

func (f *twoWay) push() crm.Counts {
	f.t.Helper()
	r := f.run(f.begin(crmcmd.Start{}))
	require.Equal(f.t, crm.RunCompleted, r.State(), r.Stopped())
	return r.Counts()
}

// cell is what a row, by its number, has in a column.
func (f *twoWay) cell(row, column int) string {
	f.t.Helper()
	raw := f.sheet.rows[row].Cells[f.columns[column]]
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// typed sets a cell as a person does.
func (f *twoWay) typed(row, column int, text string) {
	f.t.Helper()
	raw, err := f.sheet.Read("", false, text)
	require.NoError(f.t, err)
	position, err := f.log.Head(f.t.Context())
	require.NoError(f.t, err)
	f.sheet.set(f.sheet.rows[row].ID, f.columns[column], raw, position)
}

func (f *twoWay) resolve(take crm.Rule, records ...string) crm.Counts {
	f.t.Helper()
	started, err := f.h.Resolve(f.t.Context(), f.meta, crmcmd.Resolve{SyncID: f.sync, Take: take, Records: records})
	require.NoError(f.t, err)
	return f.run(started.Value.ID).Counts()
}

func TestAPullFillsMakesAndLeavesRows(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, "")
	f.row("ada@acme.example", "", 5)
	f.row("twice@acme.example", "A", nil)
	f.row("twice@acme.example", "B", nil)
	f.crm.add("Ada@acme.example", "Ada", "5")
	f.crm.add("new@acme.example", "Newt", "3")
	f.crm.add("twice@acme.example", "T", "1")
	f.crm.add("bad@acme.example", "!", "1")
	gone := f.crm.add("gone@acme.example", "Gone", "1")
	gone.Deleted = true
	f.clock.Advance(time.Minute)

	dry := f.begin(crmcmd.Start{Pull: true, Dry: true})
	want := crm.Counts{Created: 1, Updated: 1, Conflicts: 1, Failed: 1, Fields: 4}
	require.Equal(t, want, f.run(dry).Counts())
	require.Len(t, f.sheet.rows, 3)
	require.Empty(t, f.sheet.steps)
	list := f.records(dry)
	require.Equal(t, []crm.Change{{Field: "name", Before: "", After: "Ada"}}, list[0].Changes)
	require.Contains(t, list[2].Reason, "several rows have this email address")
	require.Contains(t, list[3].Reason, "Name: can't hold a !")

	counts, id := f.pull()
	require.Equal(t, want, counts)
	require.Equal(t, "Ada", f.cell(0, 1))
	require.Equal(t, []string{"new@acme.example", "Newt", "3"}, []string{f.cell(3, 0), f.cell(3, 1), f.cell(3, 2)})
	require.Len(t, f.sheet.steps, 1, "all of a pull is one step of undo")
	require.Equal(t, []crm.Outcome{crm.OutcomeSynced, crm.OutcomeSynced, crm.OutcomeConflict, crm.OutcomeFailed}, f.states(id))

	again, _ := f.pull()
	require.Zero(t, again.Updated+again.Created, "a second pull changes nothing")
	all := f.run(f.begin(crmcmd.Start{Pull: true, All: true})).Counts()
	require.Zero(t, all.Updated+all.Created)
	require.Equal(t, 2, all.Unchanged)
}

func TestWhatWasPushedDoesNotComeBack(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, "")
	f.row("ada@acme.example", "Ada", 5)
	require.Equal(t, 1, f.push().Created)
	counts, _ := f.pull()
	require.Equal(t, crm.Counts{Unchanged: 1}, counts)
	// A change here goes there and doesn't come back; a change there comes here and doesn't go back.
	f.typed(0, 1, "Ada L.")
	require.Equal(t, crm.Counts{Updated: 1, Fields: 1}, f.push())
	f.crm.edit(f.crm.records[0], "size", "6")
	require.Equal(t, crm.Counts{Unchanged: 1}, f.push(), "what was changed in the CRM alone is left for a pull")
	counts, _ = f.pull()
	require.Equal(t, crm.Counts{Updated: 1, Fields: 1}, counts)
	require.Equal(t, "6", f.cell(0, 2))
	require.Equal(t, crm.Counts{Unchanged: 1}, f.push())
	require.Equal(t, map[string]string{"email": "ada@acme.example", "name": "Ada L.", "size": "6"}, f.crm.records[0].Values)
}

func TestBothSidesChanged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule       crm.Rule
		oursLast   bool
		cell, crm  string
		open       bool
		afterwards string // in the CRM, after the next push
	}{
		{crm.RuleOurs, false, "ours", "theirs", false, "ours"},
		{crm.RuleTheirs, true, "theirs", "theirs", false, "theirs"},
		{crm.RuleNewest, true, "ours", "theirs", false, "ours"},
		{crm.RuleNewest, false, "theirs", "theirs", false, "theirs"},
		{crm.RuleAsk, false, "ours", "theirs", true, "theirs"},
	} {
		f := newTwoWay(t, c.rule)
		f.row("ada@acme.example", "Ada", 5)
		f.push()
		r := f.crm.records[0]
		edit := func() { f.crm.edit(r, "name", "theirs") }
		if c.oursLast {
			edit()
			f.clock.Advance(time.Minute)
			f.begin(crmcmd.Start{Dry: true}) // an event of now, that the cell is set by
			f.typed(0, 1, "ours")
		} else {
			f.typed(0, 1, "ours")
			f.clock.Advance(time.Minute)
			edit()
		}
		f.clock.Advance(time.Minute)
		_, id := f.pull()
		require.Equal(t, c.cell, f.cell(0, 1), c)
		require.Equal(t, c.crm, r.Values["name"], c)
		var met []crm.Dispute
		for _, one := range f.records(id) {
			met = append(met, one.Disputes...)
		}
		require.Len(t, met, 1, c)
		require.Equal(t, []string{"ours", "theirs"}, []string{met[0].Ours, met[0].Theirs}, "both values are kept")
		require.Equal(t, c.open, met[0].Winner == "")
		f.push()
		require.Equal(t, c.afterwards, r.Values["name"], c)
		counts, _ := f.pull()
		require.Zero(t, counts.Updated, c)
	}
}

func TestAPersonDecides(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, crm.RuleAsk)
	for _, who := range []string{"ada", "bob", "cy", "dee"} {
		f.row(who+"@acme.example", who, 1)
	}
	f.push()
	for i, r := range f.crm.records {
		f.typed(i, 1, "ours")
		f.crm.edit(r, "name", "theirs")
		f.crm.edit(r, "size", "2")
	}
	f.clock.Advance(time.Minute)
	counts, _ := f.pull()
	require.Equal(t, crm.Counts{Conflicts: 4, Fields: 4}, counts, "what is not disputed is taken")
	require.Equal(t, "2", f.cell(0, 2))

	require.Equal(t, crm.Counts{Updated: 1, Fields: 1}, f.resolve(crm.RuleTheirs, f.crm.records[0].ID))
	require.Equal(t, "theirs", f.cell(0, 1))
	require.Equal(t, crm.Counts{Unchanged: 1}, f.resolve(crm.RuleOurs, f.crm.records[1].ID))
	f.crm.records[2].Deleted = true
	require.Equal(t, crm.Counts{Updated: 1, Gone: 1, Fields: 1}, f.resolve(crm.RuleTheirs), "all that are left")
	require.Equal(t, crm.Counts{}, f.resolve(crm.RuleTheirs), "none is left")
	require.Equal(t, "ours", f.cell(1, 1))
	require.Equal(t, "ours", f.cell(2, 1), "its record is gone")
	f.push()
	require.Equal(t, "ours", f.crm.records[1].Values["name"])

	_, err := f.h.Resolve(t.Context(), f.meta, crmcmd.Resolve{SyncID: f.sync, Take: crm.RuleNewest})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	_, err = f.h.Resolve(t.Context(), f.meta, crmcmd.Resolve{SyncID: f.sync, Take: crm.RuleOurs, Records: make([]string, crmcmd.MaxResolved+1)})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
}

func TestARemoteDeletionMarksAndAMergeMovesTheTie(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, "")
	f.row("ada@acme.example", "Ada", 1)
	f.row("bob@acme.example", "Bob", 2)
	f.push()
	ada, bob := f.crm.records[0], f.crm.records[1]
	f.clock.Advance(time.Minute)
	ada.Deleted, ada.Modified = true, f.clock.Now()
	bob.Deleted, bob.Modified = true, f.clock.Now()
	merged := f.crm.add("robert@acme.example", "Robert", "2")
	merged.MergedFrom = []string{bob.ID}
	f.clock.Advance(time.Minute)
	counts, id := f.pull()
	require.Equal(t, 0, counts.Created, "%+v", f.records(id))
	require.Equal(t, "Robert", f.cell(1, 1), "the row goes on with the record that took over")
	require.Len(t, f.sheet.rows, 2)
	require.Contains(t, f.states(id), crm.OutcomeGone)
	require.Equal(t, "Ada", f.cell(0, 1), "the row stays")
	again, _ := f.pull()
	require.Equal(t, 0, again.Updated+again.Created+again.Gone, "it is told once")
	f.typed(1, 1, "Bobby")
	f.push()
	require.Equal(t, "Bobby", merged.Values["name"])
}

func TestFieldsAreFilledAsTheSyncSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mapping     crm.Mapping
		ours        string
		theirs      string
		first, then string // after the first pull, and after another change in the CRM to "new"
	}{
		"only if empty": {crm.Mapping{Direction: crm.Pull, OnlyEmpty: true}, "ours", "theirs", "ours", "ours"},
		"fill":          {crm.Mapping{Direction: crm.Pull, OnlyEmpty: true}, "", "theirs", "theirs", "theirs"},
		"never blank":   {crm.Mapping{Direction: crm.Pull}, "ours", "", "ours", "new"},
		"clear":         {crm.Mapping{Direction: crm.Pull, Clear: true}, "ours", "", "", "new"},
		"pull":          {crm.Mapping{Direction: crm.Pull}, "ours", "theirs", "theirs", "new"},
		"never touch":   {crm.Mapping{Direction: crm.Push}, "ours", "theirs", "ours", "ours"},
	} {
		f := newTwoWay(t, "")
		f.row("ada@acme.example", c.ours, 1)
		f.save(func(d *crm.Definition) {
			c.mapping.Field, c.mapping.ColumnID = "name", f.columns[1]
			d.Mappings[0] = c.mapping
		})
		r := f.crm.add("ada@acme.example", c.theirs, "1")
		f.clock.Advance(time.Minute)
		f.pull()
		require.Equal(t, c.first, f.cell(0, 1), name)
		f.crm.edit(r, "name", "new")
		f.clock.Advance(time.Minute)
		f.pull()
		require.Equal(t, c.then, f.cell(0, 1), name)
	}
}

func TestAKilledPullGoesOnAndDoublesNothing(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, "")
	for _, who := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		f.crm.add(who+"@acme.example", who, "1")
		f.clock.Advance(time.Second)
	}
	id := f.begin(crmcmd.Start{Pull: true})
	calls := 0
	f.crm.before = func(call string) error {
		if calls++; call == "changed" && calls%3 == 0 {
			return errors.New("the process is killed")
		}
		return nil
	}
	for range 20 {
		if f.runner.Run(t.Context(), id, func(int) {}) == nil {
			break
		}
	}
	r := f.run(id)
	require.Equal(t, crm.RunCompleted, r.State())
	require.Equal(t, 7, r.Counts().Created)
	require.Len(t, f.sheet.rows, 7)
}

func TestACancelledPullKeepsItsPlaceAndAChangedSyncReadsAllAgain(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, "")
	for _, who := range []string{"a", "b", "c", "d"} {
		f.crm.add(who+"@acme.example", who, "1")
		f.clock.Advance(time.Second)
	}
	id := f.begin(crmcmd.Start{Pull: true})
	_, err := f.h.Start(t.Context(), f.meta, crmcmd.Start{SyncID: f.sync})
	require.ErrorContains(t, err, "another run of this sync is writing")
	once := false
	f.sheet.before = func() {
		if !once {
			once = true
			_, err := f.h.Cancel(t.Context(), f.meta, id)
			require.NoError(t, err)
		}
	}
	r := f.run(id)
	require.Equal(t, crm.RunCancelled, r.State())
	require.Empty(t, f.sheet.rows, "the batch that met the cancellation was not written")
	counts, _ := f.pull()
	require.Equal(t, 4, counts.Created)
	counts, _ = f.pull()
	require.Less(t, counts.Records(), 4, "only the last are read again")
	f.save(func(d *crm.Definition) { d.Mappings[1].Direction = crm.Pull; d.Mappings[1].Clear = true })
	counts, _ = f.pull()
	require.Equal(t, 4, counts.Records(), "a field that is pulled in another way is read of all records")
}

// TestBothSidesEndTheSame has both sides changed by chance, pushed and pulled in any order: in the end they are the same, and a pull and a
// push find nothing more to do.
func TestBothSidesEndTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		f := newTwoWay(t, []crm.Rule{crm.RuleNewest, crm.RuleOurs, crm.RuleTheirs}[seed%3])
		r := rand.New(rand.NewPCG(seed, 2))
		word := func() string { return string(rune('a' + r.IntN(4))) }
		for i := range 6 {
			f.row(string(rune('p'+i))+"@acme.example", word(), r.IntN(3))
			f.crm.add(string(rune('s'+i))+"@acme.example", word(), "1")
		}
		for range 40 {
			f.clock.Advance(time.Minute)
			switch r.IntN(6) {
			case 0:
				f.pull()
			case 1:
				f.push()
			case 2, 3:
				f.typed(r.IntN(len(f.sheet.rows)), 1, word())
			default:
				f.crm.edit(f.crm.records[r.IntN(len(f.crm.records))], "name", word())
			}
		}
		for range 2 {
			f.pull()
			f.push()
		}
		counts, _ := f.pull()
		require.Zero(t, counts.Updated+counts.Created, "seed %d", seed)
		counts = f.push()
		require.Zero(t, counts.Updated+counts.Created, "seed %d", seed)
		there := map[string]string{}
		for _, one := range f.crm.records {
			there[one.Values["email"]] = one.Values["name"]
		}
		here := map[string]string{}
		for i := range f.sheet.rows {
			here[f.cell(i, 0)] = f.cell(i, 1)
		}
		require.Equal(t, there, here, "seed %d", seed)
	}
}

// HubSpot's search gives records as they were some seconds ago. What a push wrote meanwhile must not be undone by such a copy, and a
// person's change behind it is taken as it is.
func TestAListThatLagsUndoesNoPush(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lags bool
		want string
	}{"made sure of": {true, "Ada"}, "believed": {false, "A."}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newTwoWay(t, crm.RuleNewest)
			f.crm.lags = tc.lags
			f.row("ada@x.example", "Ada", 3)
			f.row("bob@x.example", "Bob", 4)
			f.crm.records = append(f.crm.records, &crm.Record{ID: "r1", Values: map[string]string{"email": "ada@x.example", "name": "A."}, Modified: f.clock.Now()})
			f.clock.Advance(time.Minute)
			f.crm.stale = map[string]crm.Record{"r1": clone(*f.crm.records[0])}
			require.Equal(t, 1, f.push().Updated)
			f.crm.calls = nil
			f.pull()
			require.Equal(t, tc.want, f.cell(0, 1))
			if tc.lags {
				require.Equal(t, []string{"find "}, slices.DeleteFunc(f.crm.calls, func(c string) bool { return c != "find " }), "only what would change is read")
			}
		})
	}
}
