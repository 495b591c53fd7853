package dedupcmd_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dedupcmd"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// pairs adds so many pairs of rows with the same address; only the second one has a city.
func (f *fixture) pairs(n int) (first, second []kernel.RowID) {
	for i := range n {
		email := fmt.Sprintf("p%d.x%d@acme.example", i*7919, i)
		first, second = append(first, f.add(email, "")), append(second, f.add(email, "Bern"))
	}
	return first, second
}

func TestRowsAreMergedAndPart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := f.pairs(250)
	scan := f.scan()
	preview, err := f.h.Preview(t.Context(), ws, dedupcmd.Merge{Table: tbl, Scan: scan, Plan: f.plan()})
	require.NoError(t, err)
	require.Equal(t, [3]int{250, 250, 20}, [3]int{preview.Groups, preview.Rows, len(preview.Samples)})
	require.Equal(t, second[0], preview.Samples[0].Taken[0].From)

	merge, err := f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: tbl, Scan: scan, Plan: f.plan()})
	require.NoError(t, err)
	f.run(merge.Value.ID)
	end, merged, _ := f.ended(merge.Value.ID)
	require.Equal(t, [2]any{dedup.Completed, 250}, [2]any{end.State, merged})
	for i := range first {
		city, live := f.city(first[i])
		require.True(t, live)
		require.Equal(t, "Bern", city)
		_, live = f.city(second[i])
		require.False(t, live)
	}
	row := f.rows[first[3]]
	row.Values[f.schema.Columns[1].ID] = quoted("Chur") // edited since
	part, err := f.h.Unmerge(t.Context(), f.meta(), dedupcmd.Unmerge{Table: tbl, Merge: merge.Value.ID})
	require.NoError(t, err)
	f.run(part.Value.ID)
	end, parted, left := f.ended(part.Value.ID)
	require.Equal(t, [3]any{dedup.Completed, 250, 0}, [3]any{end.State, parted, left}, end.Reason)
	for i := range first {
		city, _ := f.city(first[i])
		require.Empty(t, city, "row %d", i)
		city, live := f.city(second[i])
		require.True(t, live)
		require.Equal(t, map[bool]string{true: "Chur", false: "Bern"}[i == 3], city)
	}
	again, err := f.h.Unmerge(t.Context(), f.meta(), dedupcmd.Unmerge{Table: tbl, Merge: merge.Value.ID})
	require.NoError(t, err)
	f.run(again.Value.ID)
	_, parted, left = f.ended(again.Value.ID)
	require.Equal(t, [2]int{0, 250}, [2]int{parted, left}, "what was taken apart is not taken apart again")
}

// TestAJobThatIsKilledEndsOnce: at each append in turn the worker is lost, before or after, and every group is merged once.
func TestAJobThatIsKilledEndsOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, _ := f.pairs(350)
	scan := f.scan()
	merge, err := f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: tbl, Scan: scan, Plan: f.plan()})
	require.NoError(t, err)
	killed := errors.New("killed")
	for try := 1; ; try++ {
		calls := 0
		f.before = func() error {
			if calls++; calls == 2 {
				return killed
			}
			return nil
		}
		if try > 1 {
			require.NoError(t, f.runner.Lost(t.Context(), merge.Value.ID))
		}
		if err := f.runner.Run(t.Context(), merge.Value.ID, func(int) {}); err == nil {
			break
		}
		require.Less(t, try, 10)
	}
	end, merged, _ := f.ended(merge.Value.ID)
	require.Equal(t, [2]any{dedup.Completed, len(first)}, [2]any{end.State, merged})
}

func TestWhatKillsItsWorkerIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pairs(2)
	res, err := f.h.Scan(t.Context(), f.meta(), tbl, dedup.Definition{Keys: []dedup.Key{{ColumnID: f.schema.Columns[0].ID, Match: dedup.Email}}})
	require.NoError(t, err)
	for range quarantine.MostKills {
		require.NoError(t, f.runner.Lost(t.Context(), res.Value.ID))
	}
	end, _, _ := f.ended(res.Value.ID)
	require.Equal(t, dedup.Failed, end.State)
	f.run(res.Value.ID)
}

func TestAConflictIsTriedAgainWithLess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, _ := f.pairs(120)
	scan := f.scan()
	merge, err := f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: tbl, Scan: scan, Plan: f.plan()})
	require.NoError(t, err)
	refusals := 3
	f.before = func() error {
		if refusals--; refusals >= 0 {
			return eventstore.ErrStale
		}
		return nil
	}
	f.run(merge.Value.ID)
	_, merged, _ := f.ended(merge.Value.ID)
	require.Equal(t, len(first), merged)
}

func TestChoicesOfAPersonCount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b, c := f.add("a@acme.example", "Basel"), f.add("a@acme.example", "Bern"), f.add("a@acme.example", "Chur")
	scan := f.scan()
	plan := dedup.Plan{Survivor: dedup.Oldest, Default: dedup.Survivor, Choices: []dedup.Choice{{
		Group: 1, Survivor: b, Rows: []kernel.RowID{b, c}, Fields: map[kernel.ColumnID]kernel.RowID{f.schema.Columns[1].ID: c},
	}}}
	merge, err := f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: tbl, Scan: scan, Plan: plan})
	require.NoError(t, err)
	f.run(merge.Value.ID)
	city, live := f.city(b)
	require.Equal(t, [2]any{"Chur", true}, [2]any{city, live})
	_, live = f.city(a)
	require.True(t, live, "what was not chosen stays")
	_, live = f.city(c)
	require.False(t, live)

	plan.Choices[0].Survivor = "row_01J00000000000000000000000"
	_, err = f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: tbl, Scan: scan, Plan: plan})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	_, err = f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: "tbl_01J00000000000000000000001", Scan: scan, Plan: f.plan()})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestATableThatIsGoneEndsTheJob(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pairs(2)
	scan := f.scan()
	merge, err := f.h.Merge(t.Context(), f.meta(), dedupcmd.Merge{Table: tbl, Scan: scan, Plan: f.plan()})
	require.NoError(t, err)
	f.schema.Trashed = true
	f.run(merge.Value.ID)
	end, _, _ := f.ended(merge.Value.ID)
	require.Equal(t, dedup.Failed, end.State)
	require.NotEmpty(t, end.Reason)
}

func TestACancelledJobStops(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pairs(2)
	res, err := f.h.Scan(t.Context(), f.meta(), tbl, dedup.Definition{Keys: []dedup.Key{{ColumnID: f.schema.Columns[0].ID, Match: dedup.Email}}})
	require.NoError(t, err)
	_, err = f.h.Cancel(t.Context(), f.meta(), tbl, res.Value.ID)
	require.NoError(t, err)
	f.run(res.Value.ID)
	end, _, _ := f.ended(res.Value.ID)
	require.Equal(t, dedup.Cancelled, end.State)
	_, err = f.h.Cancel(t.Context(), kernel.Meta{Workspace: "ws_2"}, tbl, res.Value.ID)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}
