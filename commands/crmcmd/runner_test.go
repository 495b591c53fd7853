package crmcmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// leads are rows of each kind: changed, the same, only empty, new, without a key, too long, twice the same key.
func leads(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.connect()
	f.crm.add("ada@acme.example", "A. Lovelace", "10")
	f.crm.add("bob@acme.example", "Bob", "5")
	f.row("Ada@acme.example", "Ada", 99)
	f.row("bob@acme.example", "Bob", "")
	f.row("new@acme.example", "Newt", 3)
	f.row("", "Nobody", 1)
	f.row("long@acme.example", strings.Repeat("x", 21), 1)
	f.row("NEW@acme.example", "Again", 4)
	return f
}

func TestADryRunWritesNothingAndAPushDoesWhatItSaid(t *testing.T) {
	t.Parallel()
	f := leads(t)
	dry := f.start(true)
	want := crm.Counts{Created: 1, Updated: 1, Unchanged: 1, Skipped: 1, Failed: 1, Conflicts: 1, Fields: 4}
	r := f.run(dry)
	require.Equal(t, want, r.Counts())
	require.Zero(t, f.crm.times("write"))
	require.Equal(t, []crm.Change{{Field: "name", Before: "A. Lovelace", After: "Ada"}}, f.records(dry)[0].Changes, "the size has a value")

	push := f.start(false)
	r = f.run(push)
	require.Equal(t, crm.RunCompleted, r.State())
	require.Equal(t, want, r.Counts())
	require.Equal(t, []crm.Outcome{
		crm.OutcomeSynced, crm.OutcomeUnchanged, crm.OutcomeSynced, crm.OutcomeSkipped, crm.OutcomeFailed, crm.OutcomeConflict,
	}, f.states(push))
	require.Len(t, f.crm.records, 3)
	require.Equal(t, map[string]string{"email": "new@acme.example", "name": "Newt", "size": "3"}, f.crm.records[2].Values)
	list := f.records(push)
	require.Contains(t, list[3].Reason, "no value to find its record by")
	require.Contains(t, list[4].Reason, "Name: is longer than the 20 characters")
	require.Contains(t, list[5].Reason, "another row")

	again := f.run(f.start(false))
	require.Equal(t, 0, again.Counts().Updated+again.Counts().Created, "a second push finds nothing to do")
}

func TestRecordsAreFoundByTheirLinkLater(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.row("ada@acme.example", "Ada", 1)
	f.run(f.start(false))
	f.crm.records[0].Values["email"] = "ada@new.example"
	f.sheet.rows[0].Cells[f.columns[1]] = []byte(`"Ada L."`)
	f.run(f.start(false))
	require.Len(t, f.crm.records, 1)
	require.Equal(t, "Ada L.", f.crm.records[0].Values["name"])
	f.crm.records[0].Deleted = true
	id := f.start(false)
	f.run(id)
	require.Len(t, f.crm.records, 1, "what was deleted in the CRM isn't made again")
	require.Contains(t, f.records(id)[0].Reason, "deleted in the CRM")
}

// TestNoRecordIsMadeTwice: the process dies after the CRM has carried out a write, before its answer is in the log.
func TestNoRecordIsMadeTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		upserts bool
		lag     bool // what was made can't be found yet
		made    int
		state   crm.Outcome
	}{
		"by a key that upserts":          {true, false, 1, crm.OutcomeSynced},
		"by another key":                 {false, false, 1, crm.OutcomeSynced},
		"by another key, not found yet":  {false, true, 1, crm.OutcomeUnknown},
		"a key that upserts, not found":  {true, true, 1, crm.OutcomeSynced},
		"another key, nothing was made ": {false, false, 0, crm.OutcomeUnknown},
	} {
		f := newFixture(t)
		f.connect()
		f.crm.upserts = c.upserts
		f.row("ada@acme.example", "Ada", 1)
		id := f.start(false)
		died := func(string) error { panic("the process died") }
		if c.made > 0 {
			f.crm.after = died
		} else {
			f.crm.before = func(call string) error {
				if call == "write" {
					return died(call)
				}
				return nil
			}
		}
		func() {
			defer func() { require.NotNil(t, recover(), name) }()
			_ = f.runner.Run(context.Background(), id, func(int) {})
		}()
		f.crm.mu.TryLock()
		f.crm.mu.Unlock()
		f.crm.after, f.crm.before = nil, nil
		hidden := ""
		if c.lag {
			hidden = f.crm.records[0].Values["email"]
			f.crm.records[0].Values["email"] = ""
			if c.upserts { // the CRM itself knows it, only its search does not
				f.crm.before = func(call string) error {
					if call == "write" {
						f.crm.records[0].Values["email"] = hidden
					}
					return nil
				}
			}
		}
		require.NoError(t, f.runner.Lost(t.Context(), id))
		r := f.run(id)
		require.Equal(t, crm.RunCompleted, r.State(), name)
		require.Equal(t, []crm.Outcome{c.state}, f.states(id), name)
		require.Len(t, f.crm.records, c.made, name)
	}
}

func TestABatchThatKillsItsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.row("ada@acme.example", "Ada", 1)
	id := f.start(false)
	f.crm.before = func(call string) error {
		if call == "write" {
			panic("the process died")
		}
		return nil
	}
	for range 2 {
		require.Panics(t, func() { _ = f.runner.Run(t.Context(), id, func(int) {}) })
		require.NoError(t, f.runner.Lost(t.Context(), id))
	}
	r := f.run(id)
	require.Equal(t, crm.RunPartial, r.State())
	require.Equal(t, []crm.Outcome{crm.OutcomeUnknown}, f.states(id))
}

func TestTroubleWithCalls(t *testing.T) {
	t.Parallel()
	call := func(k crm.CallKind, lost bool) error {
		return &crm.CallError{Kind: k, Message: "told", Lost: lost, RetryAfter: 12 * time.Second}
	}
	for name, c := range map[string]struct {
		err    error
		times  int
		writes int
		state  crm.RunState
		record crm.Outcome
	}{
		"asked too often":   {call(crm.CallLimited, false), 3, 4, crm.RunCompleted, crm.OutcomeSynced},
		"busy":              {call(crm.CallBusy, false), 3, 4, crm.RunCompleted, crm.OutcomeSynced},
		"a quota is gone":   {call(crm.CallExhausted, false), 99, 1, crm.RunPartial, crm.OutcomeFailed},
		"fails for good":    {call(crm.CallFailed, false), 99, 6, crm.RunPartial, crm.OutcomeFailed},
		"lost, then lives":  {call(crm.CallFailed, true), 1, 2, crm.RunCompleted, crm.OutcomeSynced},
		"lost again, again": {call(crm.CallFailed, true), 99, 6, crm.RunPartial, crm.OutcomeUnknown},
	} {
		f := newFixture(t)
		f.connect()
		f.row("ada@acme.example", "Ada", 1)
		id := f.start(false)
		failed := 0
		f.crm.before = func(call string) error {
			if call == "write" && failed < c.times {
				failed++
				return c.err
			}
			return nil
		}
		r := f.run(id)
		require.Equal(t, c.state, r.State(), name)
		require.Equal(t, c.writes, f.crm.times("write"), name)
		require.Equal(t, []crm.Outcome{c.record}, f.states(id), name)
		require.Equal(t, c.state == crm.RunPartial, r.Stopped() != "", name)
	}
}

func TestRecordsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	for _, who := range []string{"invalid", "double", "locked", "fine"} {
		f.row(who+"@acme.example", who, 1)
	}
	f.crm.failing["invalid@acme.example"] = &crm.CallError{Kind: crm.CallInvalid, Message: "the address is refused"}
	f.crm.failing["double@acme.example"] = &crm.CallError{Kind: crm.CallDuplicate, Message: "exists", Existing: "51"}
	f.crm.failing["locked@acme.example"] = &crm.CallError{Kind: crm.CallBusy, Message: "locked"}
	id := f.start(false)
	r := f.run(id)
	require.Equal(t, crm.Counts{Created: 1, Failed: 2, Conflicts: 1, Fields: 3}, r.Counts())
	require.Contains(t, f.records(id)[1].Reason, "record 51")
	require.Contains(t, f.records(id)[2].Reason, "stayed locked")
}

func TestACancelledRunSettlesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	for _, who := range []string{"a", "b", "c", "d", "e"} {
		f.row(who+"@acme.example", who, 1)
	}
	id := f.start(false)
	f.crm.before = func(call string) error {
		if call == "write" {
			_, err := f.h.Cancel(t.Context(), f.meta, id)
			require.NoError(t, err)
		}
		return nil
	}
	r := f.run(id)
	require.Equal(t, crm.RunCancelled, r.State())
	require.Equal(t, 3, r.Counts().Created)
	require.Len(t, f.crm.records, 3)
}

func TestAPushIsReversedFieldByFieldWhereTheValueIsStillOurs(t *testing.T) {
	t.Parallel()
	f := leads(t)
	f.sheet.rows = append(f.sheet.rows[:3:3], f.sheet.rows[3:4]...)
	f.crm.add("cy@acme.example", "Cy", "")
	f.row("cy@acme.example", "Cyrus", 7)
	push := f.start(false)
	f.run(push)
	f.crm.records[2].Values["name"] = "Changed by a person"

	reverse := func(dry, archive bool) (kernel.SyncRunID, *crm.Run) {
		t.Helper()
		res, err := f.h.Reverse(t.Context(), f.meta, crmcmd.Reverse{RunID: push, Dry: dry, Archive: archive})
		require.NoError(t, err)
		return res.Value.ID, f.run(res.Value.ID)
	}
	_, dry := reverse(true, false)
	require.Equal(t, crm.Counts{Updated: 2, Skipped: 1, Fields: 2}, dry.Counts())
	require.Equal(t, "Ada", f.crm.records[0].Values["name"])

	id, done := reverse(false, false)
	require.Equal(t, crm.Counts{Updated: 2, Skipped: 1, Fields: 2}, done.Counts())
	require.Equal(t, "A. Lovelace", f.crm.records[0].Values["name"])
	require.Equal(t, map[string]string{"email": "cy@acme.example", "name": "Changed by a person", "size": ""}, f.crm.records[2].Values)
	require.Contains(t, f.records(id)[2].Reason, "left alone: Name")
	require.False(t, f.crm.records[3].Deleted)

	_, done = reverse(false, true)
	require.Equal(t, crm.Counts{Archived: 1, Unchanged: 1, Conflicts: 1}, done.Counts())
	require.True(t, f.crm.records[3].Deleted)

	_, err := f.h.Reverse(t.Context(), f.meta, crmcmd.Reverse{RunID: id})
	require.ErrorContains(t, err, "only a push")
}

func TestSyncsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	for says, change := range map[string]func(*crm.Definition){
		"name":              func(d *crm.Definition) { d.Name = " " },
		"no connection":     func(d *crm.Definition) { d.ConnectionID = "con_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"no kind of record": func(d *crm.Definition) { d.Object = "deals" },
		"no table":          func(d *crm.Definition) { d.TableID = "tbl_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"no view":           func(d *crm.Definition) { d.ViewID = "viw_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"say by what":       func(d *crm.Definition) { d.Keys = nil },
		"can't be found by": func(d *crm.Definition) { d.Keys[0].Field = "name" },
		"has no field":      func(d *crm.Definition) { d.Mappings[0].Field = "colour" },
		"can't be written":  func(d *crm.Definition) { d.Mappings[0].Field = "created" },
		"mapped twice":      func(d *crm.Definition) { d.Mappings[1].Field = "name" },
		"no column":         func(d *crm.Definition) { d.Mappings[1].ColumnID = "col_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"max_records":       func(d *crm.Definition) { d.MaxRecords = 0 },
	} {
		d := f.definition()
		change(&d)
		require.ErrorContains(t, second(f.h.Save(t.Context(), f.meta, crmcmd.Save{Definition: d})), says)
	}
	saved, err := f.h.Save(t.Context(), f.meta, crmcmd.Save{Definition: f.definition()})
	require.NoError(t, err)
	other := f.meta
	other.Workspace = "ws_01JYYYYYYYYYYYYYYYYYYYYYYY"
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Start(t.Context(), other, crmcmd.Start{SyncID: saved.Value.ID}))))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Delete(t.Context(), other, saved.Value.ID))))
	require.NoError(t, second(f.h.Delete(t.Context(), f.meta, saved.Value.ID)))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Start(t.Context(), f.meta, crmcmd.Start{SyncID: saved.Value.ID}))))
}

func TestSuggestionsAndPreviews(t *testing.T) {
	t.Parallel()
	f := leads(t)
	d, err := f.h.Suggest(t.Context(), ws, crmcmd.Suggest{ConnectionID: f.conn, Object: "contacts", TableID: f.table})
	require.NoError(t, err)
	require.Equal(t, []crm.Match{{Field: "email", ColumnID: f.columns[0]}}, d.Keys, "E-Mail is email")
	require.Len(t, d.Mappings, 3)
	require.NoError(t, second(f.h.Save(t.Context(), f.meta, crmcmd.Save{Definition: d})))
	list, err := f.h.Preview(t.Context(), f.meta, f.definition())
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, crm.ActionUpdate, list[0].Action)
	require.Zero(t, f.crm.times("write"))
}

// A column that has another name than the field is suggested for its type, unless several have that type.
func TestTheOnlyColumnOfATypeIsSuggested(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	email := func(name string) table.Draft { return table.Draft{Name: name, Type: table.Email} }
	for name, c := range map[string]struct {
		drafts []table.Draft
		want   int // the column's number; -1 for none
	}{
		"the only one":         {[]table.Draft{{Name: "Name", Type: table.Text}, email("Work address")}, 1},
		"the name comes first": {[]table.Draft{email("Private"), {Name: "Email", Type: table.Text}}, 1},
		"several":              {[]table.Draft{email("Private"), email("Work")}, -1},
		"none":                 {[]table.Draft{{Name: "Note", Type: table.Text}}, -1},
	} {
		id, columns := f.makeTable(c.drafts...)
		d, err := f.h.Suggest(t.Context(), ws, crmcmd.Suggest{ConnectionID: f.conn, Object: "contacts", TableID: id})
		require.NoError(t, err)
		want := []crm.Match{}
		if c.want >= 0 {
			want = append(want, crm.Match{Field: "email", ColumnID: columns[c.want]})
		}
		require.Equal(t, want, d.Keys, name)
	}
}

func TestRecordsComeInPages(t *testing.T) {
	t.Parallel()
	f := leads(t)
	id := f.start(false)
	f.run(id)
	var got []crm.Outcome
	cursor := ""
	for {
		list, next, err := f.h.Records(t.Context(), ws, crmcmd.Records{RunID: id, Limit: 2, Cursor: cursor})
		require.NoError(t, err)
		require.LessOrEqual(t, len(list), 2)
		for _, r := range list {
			got = append(got, r.State)
		}
		if cursor = next; next == "" {
			break
		}
	}
	require.Equal(t, f.states(id), got)
	list, _, err := f.h.Records(t.Context(), ws, crmcmd.Records{RunID: id, Limit: 10, State: crm.OutcomeSkipped})
	require.NoError(t, err)
	require.Len(t, list, 1)
	for _, bad := range []string{"x", "1", "1-", "-1-2", "1-2-3"} {
		_, _, err := f.h.Records(t.Context(), ws, crmcmd.Records{RunID: id, Limit: 10, Cursor: bad})
		require.ErrorIs(t, err, kernel.BadCursor(), bad)
	}
}

func TestTroubleOfOursIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.row("ada@acme.example", "Ada", 1)
	id := f.start(false)
	f.crm.before = func(string) error { return errors.New("the database went away") }
	require.Error(t, f.runner.Run(t.Context(), id, func(int) {}))
	f.crm.before = nil
	require.Equal(t, crm.RunCompleted, f.run(id).State())
}

func TestOnePushOfASyncAtATime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.row("ada@acme.example", "Ada", 1)
	saved, err := f.h.Save(t.Context(), f.meta, crmcmd.Save{Definition: f.definition()})
	require.NoError(t, err)
	first, err := f.h.Start(t.Context(), f.meta, crmcmd.Start{SyncID: saved.Value.ID})
	require.NoError(t, err)
	require.ErrorContains(t, second(f.h.Start(t.Context(), f.meta, crmcmd.Start{SyncID: saved.Value.ID})), "another run of this sync")
	require.NoError(t, second(f.h.Start(t.Context(), f.meta, crmcmd.Start{SyncID: saved.Value.ID, Dry: true})))
	f.run(first.Value.ID)
	require.NoError(t, second(f.h.Start(t.Context(), f.meta, crmcmd.Start{SyncID: saved.Value.ID})))
}

func TestALostReadIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"fields", "find email", "find "} {
		f := newFixture(t)
		f.connect()
		f.row("ada@acme.example", "Ada", 1)
		id := f.start(false)
		lost := 2
		f.crm.before = func(name string) error {
			if name == call && lost > 0 {
				lost--
				return &crm.CallError{Kind: crm.CallFailed, Message: "no answer", Lost: true}
			}
			return nil
		}
		require.Equal(t, crm.RunCompleted, f.run(id).State(), call)
		require.Zero(t, lost, call)
		require.Len(t, f.crm.records, 1, call)
	}
}

// A vendor counts requests. A write that needs three of them takes three turns, and a page of changes one of the scarcer kind too.
func TestEachRequestTakesItsTurn(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, crm.RuleNewest)
	f.row("ada@x.example", "Ada", 3)
	f.push()
	f.crm.requests = 1
	usual := func() int {
		clear(f.turns)
		f.sheet.rows[0].Cells[f.columns[1]] = json.RawMessage(`"Ada ` + strconv.Itoa(len(f.crm.calls)) + `"`)
		require.Equal(t, 1, f.push().Updated)
		return f.turns["crm/mem/acc_1"]
	}()
	f.crm.requests = 3
	clear(f.turns)
	f.sheet.rows[0].Cells[f.columns[1]] = json.RawMessage(`"Ada again"`)
	require.Equal(t, 1, f.push().Updated)
	require.Equal(t, usual+2, f.turns["crm/mem/acc_1"])
	require.Zero(t, f.turns["crm/mem/acc_1/changes"])
	f.pull()
	require.Equal(t, 1, f.turns["crm/mem/acc_1/changes"])
}
