package crmconnectortest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/crm"
)

// changes has more records of one time than a vendor's search gives, beside runs of other sizes.
func (s Subject) changes(t *testing.T) {
	g := Connect(t, s.Connector)
	at := Start().Add(-240 * time.Hour)
	var want []string
	for step, many := range []int{1, 3, 199, 200, 201, 1, 10_500, 2, 400, 77} {
		for i := range many {
			want = append(want, s.Twin.Seed(object, s.contact(fmt.Sprintf("%d of %d", i, step)), at.Add(time.Duration(step)*time.Hour)))
		}
	}
	slices.Sort(want)
	got, end, pages := pulled(t, s, g, []string{s.Names.Last}, crm.Cursor{})
	require.Equal(t, want, idsOf(got), "each once, none lost")
	require.Less(t, pages, 2*len(want)/100)
	for i := 1; i < len(got); i++ {
		require.False(t, got[i].Modified.Before(got[i-1].Modified), "oldest first")
	}
	require.NotEmpty(t, got[0].Values[s.Names.Last])

	again, _, _ := pulled(t, s, g, nil, end)
	require.Empty(t, again, "what is long past is not read again")

	_, err := s.Connector.Changed(t.Context(), g, object, nil, crm.Cursor{Modified: at, ID: "' OR 1"})
	Failed(t, g, err, crm.CallInvalid)
}

// later has what happens while and after a reading: edits, rows that appear with earlier times, deletions and merges.
func (s Subject) later(t *testing.T) {
	g := Connect(t, s.Connector)
	var ids []string
	for i := range 450 {
		ids = append(ids, s.Twin.Seed(object, s.contact(strconv.Itoa(i)), Start().Add(-time.Hour+time.Duration(i)*time.Second)))
	}
	// A record is changed while the first pages are read: it moves to the end.
	page, err := s.Connector.Changed(t.Context(), g, object, []string{s.Names.Last}, crm.Cursor{})
	require.NoError(t, err)
	read := idsOf(page.Records)
	s.Clock.Advance(time.Second)
	s.Twin.Edit(object, ids[449], map[string]string{s.Names.Last: "Moved"})
	rest, end, _ := pulled(t, s, g, []string{s.Names.Last}, page.Next)
	if page.More {
		read = append(read, idsOf(rest)...)
	}
	for _, id := range ids {
		require.Contains(t, read, id)
	}

	// One appears late with a time before the last that was read; others are deleted and merged.
	late := s.Twin.Seed(object, s.contact("Late"), s.Clock.Now().Add(-2*time.Second))
	s.Clock.Advance(time.Minute)
	s.Twin.Remove(object, ids[3])
	winner := s.Twin.Merge(object, ids[5], ids[6])
	s.Twin.Edit(object, ids[7], map[string]string{s.Names.Last: "Edited"})
	got, end, _ := pulled(t, s, g, []string{s.Names.Last}, end)
	byID := map[string]crm.Record{}
	for _, r := range got {
		byID[r.ID] = r
	}
	require.Contains(t, byID, late, "what appears late is not lost")
	require.True(t, byID[ids[3]].Deleted)
	require.Equal(t, "Edited", byID[ids[7]].Values[s.Names.Last])
	merged := slices.Contains(byID[winner].MergedFrom, ids[6]) || byID[ids[6]].MergedInto == winner
	require.True(t, merged, "%v", byID[winner])

	// After an hour without a change there is nothing to read, however often.
	s.Clock.Advance(time.Hour)
	g, err = s.Connector.Refresh(t.Context(), g)
	require.NoError(t, err)
	_, end, _ = pulled(t, s, g, nil, end)
	for range 3 {
		got, end, _ = pulled(t, s, g, nil, end)
		require.LessOrEqual(t, len(got), 1, "%v", got)
	}
}

// large has records that together make a longer answer than is read: they are asked for in smaller parts, and no sync stands still.
func (s Subject) large(t *testing.T) {
	g, n := Connect(t, s.Connector), s.Names
	note := strings.Repeat("é", s.NoteSize)
	var ids []string
	for range 150 {
		ids = append(ids, s.Twin.Seed(object, map[string]string{n.Last: "Same", n.Note: note}, Start().Add(-time.Hour)))
	}
	got, _, _ := pulled(t, s, g, []string{n.Note}, crm.Cursor{})
	require.Equal(t, ids, idsOf(got))
	size := min(s.Connector.Describe().Batch, len(ids))
	byID, err := s.Connector.Find(t.Context(), g, object, "", ids[:size], []string{n.Note})
	require.NoError(t, err)
	require.Equal(t, ids[:size], idsOf(byID))
	byName, err := s.Connector.Find(t.Context(), g, object, n.Last, []string{"Same"}, []string{n.Note})
	require.NoError(t, err)
	require.Equal(t, ids, idsOf(byName))
	for _, r := range slices.Concat(got, byID, byName) {
		require.Len(t, r.Values[n.Note], len(note))
	}
}
