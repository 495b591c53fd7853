package crmcmd_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// allDue is a read model that takes each of the syncs for due; the log knows better.
type allDue []kernel.SyncID

func (a allDue) DuePulls(_ context.Context, _ time.Time, after kernel.SyncID, _ int) (out []crmcmd.DuePull, err error) {
	for _, id := range a {
		if id > after {
			out = append(out, crmcmd.DuePull{Workspace: ws, Sync: id})
		}
	}
	return out, nil
}

func (f *twoWay) tick() int {
	f.t.Helper()
	n, err := f.h.Tick(f.t.Context(), allDue{f.sync})
	require.NoError(f.t, err)
	return n
}

// scheduled is the run that the last tick began.
func (f *twoWay) scheduled() kernel.SyncRunID {
	f.t.Helper()
	events, err := f.log.ReadAll(f.t.Context(), 0, 10_000)
	require.NoError(f.t, err)
	var out kernel.SyncRunID
	for _, rec := range events {
		e, err := f.codec.Decode(rec)
		require.NoError(f.t, err)
		if s, ok := e.(crm.RunStarted); ok && s.Due != nil {
			out = s.RunID
		}
	}
	return out
}

func TestASyncPullsByItself(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, crm.RuleNewest)
	f.save(func(d *crm.Definition) { d.PullEvery = 15 })
	f.crm.records = append(f.crm.records, &crm.Record{ID: "r1", Values: map[string]string{"email": "ada@x.example", "name": "Ada"}, Modified: f.clock.Now()})
	f.clock.Advance(14 * time.Minute)
	require.Zero(t, f.tick(), "not yet")
	f.clock.Advance(time.Minute)
	require.Equal(t, 1, f.tick())
	require.Zero(t, f.tick(), "a time that is due begins one run")
	first := f.scheduled()
	f.clock.Advance(20 * time.Minute)
	require.Zero(t, f.tick(), "while a run of the sync writes none begins")
	r := f.run(first)
	require.Equal(t, crm.RunCompleted, r.State(), r.Stopped())
	require.Equal(t, 1, r.Counts().Created)
	require.Equal(t, "Ada", f.cell(0, 1))
	require.Equal(t, 1, f.tick(), "what was due meanwhile begins after it")
	f.run(f.scheduled())

	f.clock.Advance(24 * time.Hour)
	require.Equal(t, 1, f.tick(), "what was missed is not made up for")
	f.run(f.scheduled())
	require.Zero(t, f.tick())
	f.clock.Advance(15 * time.Minute)
	require.Equal(t, 1, f.tick(), "and the times stay what they were")
	f.run(f.scheduled())

	f.save(func(d *crm.Definition) { d.PullEvery = 0 })
	f.clock.Advance(time.Hour)
	require.Zero(t, f.tick())
}

// A connection that has to be renewed is no reason for runs that fail one after the other.
func TestNoPullBeginsWithoutAConnection(t *testing.T) {
	t.Parallel()
	f := newTwoWay(t, crm.RuleNewest)
	f.save(func(d *crm.Definition) { d.PullEvery = 5 })
	f.clock.Advance(5 * time.Minute)
	_, err := f.h.Disconnect(f.t.Context(), f.meta, f.conn)
	require.NoError(t, err)
	require.Zero(t, f.tick())
	require.Empty(t, f.scheduled())
}

func TestASyncThatPullsNothingCantPullByItself(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		every int
		pulls bool
		ok    bool
	}{
		"never": {0, false, true}, "nothing to pull": {15, false, false}, "too often": {4, true, false}, "often": {5, true, true},
		"once a week": {7 * 24 * 60, true, true}, "too seldom": {7*24*60 + 1, true, false}, "backwards": {-5, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.connect()
			d := f.definition()
			d.PullEvery = tc.every
			if tc.pulls {
				d.Mappings[0].Direction = crm.Both
			}
			_, err := f.h.Save(t.Context(), f.meta, crmcmd.Save{Definition: d})
			if tc.ok {
				require.NoError(t, err)
				return
			}
			require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
		})
	}
}
