package crmconnectortest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/domain/crm"
)

func (s Subject) write(t *testing.T, g crm.Grant, writes ...crm.Write) []crm.Written {
	t.Helper()
	for i := range writes {
		if writes[i].Trace == "" {
			writes[i].Trace = fmt.Sprintf("trace-%d", i)
		}
	}
	out, err := s.Connector.Write(t.Context(), g, object, writes)
	require.NoError(t, err)
	require.Len(t, out, len(writes))
	for _, w := range out {
		if w.Failure != nil {
			quiet(t, g, w.Failure)
		}
	}
	return out
}

func (s Subject) done(t *testing.T, g crm.Grant, writes ...crm.Write) []crm.Written {
	t.Helper()
	out := s.write(t, g, writes...)
	for i, w := range out {
		require.Nil(t, w.Failure, "%d: %v", i, w.Failure)
		require.NotEmpty(t, w.ID)
	}
	return out
}

func (s Subject) create(n int, values map[string]string) crm.Write {
	return crm.Write{By: s.Key, Value: s.KeyOf(n), Values: values}
}

func (s Subject) roundTrip(t *testing.T) {
	g, n := Connect(t, s.Connector), s.Names
	values := map[string]string{
		n.Email: "ada@example.com", n.Last: `Łovelace "Ada" \ O'Neil 💥`, n.Note: "two\nlines", n.Number: "1234567.25", n.Boolean: "true",
		n.Date: "2026-11-30", n.Time: "2026-11-30T12:30:00Z", n.Options: "data;music",
	}
	if s.Key == n.Email {
		values[n.Email] = s.KeyOf(1)
	}
	made := s.done(t, g, s.create(1, values))[0]
	require.True(t, made.Created)
	for by, value := range map[string]string{"": made.ID, s.Key: s.KeyOf(1)} {
		found, err := s.Connector.Find(t.Context(), g, object, by, []string{value, "", "no-such-value@example.com"}, s.fields())
		require.NoError(t, err)
		require.Len(t, found, 1, "by %q", by)
		got := found[0]
		require.Equal(t, made.ID, got.ID)
		require.Equal(t, values, got.Values)
		require.False(t, got.Modified.IsZero())
		require.Equal(t, time.UTC, got.Modified.Location())
		require.False(t, got.Deleted)
		require.NotEmpty(t, got.URL)
	}
	change := map[string]string{n.Number: "", n.Last: "Lovelace"}
	require.False(t, s.done(t, g, crm.Write{ID: made.ID, Values: change})[0].Created)
	found, err := s.Connector.Find(t.Context(), g, object, "", []string{made.ID}, s.fields())
	require.NoError(t, err)
	require.Equal(t, "Lovelace", found[0].Values[n.Last])
	require.Empty(t, found[0].Values[n.Number], "emptied")
	require.Equal(t, "2026-11-30", found[0].Values[n.Date], "left alone")

	for range 2 {
		gone, err := s.Connector.Archive(t.Context(), g, object, []string{made.ID})
		require.NoError(t, err)
		require.Len(t, gone, 1)
		require.Nil(t, gone[0].Failure, "one that is gone is no failure")
	}
	found, err = s.Connector.Find(t.Context(), g, object, "", []string{made.ID}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Empty(t, s.Twin.IDs(object))
}

func (s Subject) repeats(t *testing.T) {
	g := Connect(t, s.Connector)
	first := s.done(t, g, s.create(1, s.contact("A")))[0]
	second := s.done(t, g, s.create(1, s.contact("B")))[0]
	require.Equal(t, first.ID, second.ID)
	require.True(t, first.Created)
	require.False(t, second.Created)

	s.Twin.Forget()
	s.Twin.Script(crmtwin.Fault{Path: s.Writes, Lost: true})
	write := s.create(2, s.contact("C"))
	write.Trace = "t"
	_, err := s.Connector.Write(t.Context(), g, object, []crm.Write{write})
	require.True(t, Failed(t, g, err, crm.CallFailed).Lost)
	require.Len(t, s.Twin.Calls(), 1, "the caller alone asks again")
	require.Len(t, s.Twin.IDs(object), 2, "it was carried out")
	require.False(t, s.done(t, g, write)[0].Created)
	require.Len(t, s.Twin.IDs(object), 2, "and is not made twice")

	// A key by which a vendor doesn't upsert is a value like others.
	plain := s.done(t, g, crm.Write{By: s.Names.Last, Value: "Keyed"})[0]
	require.True(t, plain.Created)
	require.Equal(t, "Keyed", s.Twin.Values(object, plain.ID)[s.Names.Last])

	// The same record twice in one call.
	both := s.done(t, g, s.create(3, s.contact("D")), s.create(3, s.contact("E")))
	require.Equal(t, both[0].ID, both[1].ID)
	require.Equal(t, "E", s.Twin.Values(object, both[0].ID)[s.Names.Last], "in their order")
}

func (s Subject) ordered(t *testing.T) {
	g := Connect(t, s.Connector)
	size := s.Connector.Describe().Batch
	var writes []crm.Write
	for i := range size / 2 {
		id := s.Twin.Seed(object, s.contact(fmt.Sprintf("Old %d", i)), Start())
		writes = append(writes, crm.Write{ID: id, Values: s.contact(fmt.Sprintf("Written %d", len(writes)))})
		bad := s.contact(fmt.Sprintf("Written %d", len(writes)))
		if i%7 == 0 {
			bad[s.Names.Number] = "many"
		}
		writes = append(writes, s.create(i, bad))
	}
	out := s.write(t, g, writes...)
	for i, w := range out {
		if i%14 == 1 {
			require.NotNil(t, w.Failure, i)
			require.Equal(t, crm.CallInvalid, w.Failure.Kind, w.Failure.Message)
			require.Equal(t, s.Names.Number, w.Failure.Field)
			continue
		}
		require.Nil(t, w.Failure, "%d: %v", i, w.Failure)
		require.Equal(t, fmt.Sprintf("Written %d", i), s.Twin.Values(object, w.ID)[s.Names.Last])
		require.Equal(t, i%2 == 1, w.Created, i)
	}
	_, err := s.Connector.Write(t.Context(), g, object, make([]crm.Write, size+1))
	Failed(t, g, err, crm.CallInvalid, "more than a batch")
}

func (s Subject) failures(t *testing.T) {
	g := Connect(t, s.Connector)
	id := s.Twin.Seed(object, s.contact("Gone"), Start())
	s.Twin.Remove(object, id)
	out := s.write(t, g, crm.Write{ID: id, Values: s.contact("X")})
	require.Equal(t, crm.CallGone, out[0].Failure.Kind)

	out = s.write(t, g, crm.Write{ID: "'; drop", Values: s.contact("X")}, s.create(5, s.contact("Y")))
	require.Equal(t, crm.CallInvalid, out[0].Failure.Kind)
	require.Nil(t, out[1].Failure, "one bad write doesn't keep the others")

	bad := s.contact("Z")
	bad["no_such_field"] = "x"
	out = s.write(t, g, s.create(6, bad), s.create(7, map[string]string{s.Names.Last: "W", s.Names.Boolean: "perhaps"}))
	require.Equal(t, crm.CallInvalid, out[0].Failure.Kind)
	require.Equal(t, "no_such_field", out[0].Failure.Field)
	require.Equal(t, crm.CallInvalid, out[1].Failure.Kind)
	require.Equal(t, s.Names.Boolean, out[1].Failure.Field)
	require.Len(t, s.Twin.IDs(object), 1)
}

func (s Subject) inputs(t *testing.T) {
	g := Connect(t, s.Connector)
	id := s.Twin.Seed(object, s.contact("Only"), Start())
	for _, text := range []string{
		" ", "\x00", "\xff\xfe", "💥", strings.Repeat("a", 20_000), "' OR Id != '", `\' OR Name LIKE '%`, `\`, "'", `x\\' OR '1`,
		"a\r\nX-Evil: 1", "*", "%", "..", "(", "x')--",
	} {
		for _, by := range []string{"", s.Names.Email, s.Names.Last, s.Key} {
			found, err := s.Connector.Find(t.Context(), g, object, by, []string{text}, s.fields())
			if err != nil {
				var e *crm.CallError
				require.ErrorAs(t, err, &e, "%.40q", text)
				quiet(t, g, e)
				continue
			}
			require.Empty(t, found, "%.40q by %s", text, by)
		}
		out, err := s.Connector.Write(t.Context(), g, object, []crm.Write{{Trace: "t", ID: text, Values: map[string]string{text: text}}})
		if err != nil {
			var e *crm.CallError
			require.ErrorAs(t, err, &e)
			continue
		}
		require.NotNil(t, out[0].Failure, "%.40q", text)
	}
	_, err := s.Connector.Find(t.Context(), g, "contacts/../../x", "", []string{id}, nil)
	Failed(t, g, err, crm.CallInvalid)
	require.Equal(t, "Only", s.Twin.Values(object, id)[s.Names.Last])
}

// turns has calls that need several requests: each of them waits for its turn, and what a refused turn says is the call's failure.
func (s Subject) turns(t *testing.T) {
	g, n := Connect(t, s.Connector), s.Names
	there := s.Twin.Seed(object, s.contact("There"), Start())
	taken := 0
	var refusal error
	ctx := crm.WithTurns(t.Context(), func(context.Context, bool) error {
		taken++
		return refusal
	})
	s.Twin.Forget()
	out, err := s.Connector.Write(ctx, g, object, []crm.Write{
		{Trace: "a", By: s.Key, Value: s.KeyOf(1), Values: map[string]string{n.Last: "New"}},
		{Trace: "b", ID: there, Values: map[string]string{n.Last: "Changed"}},
	})
	require.NoError(t, err)
	require.Len(t, out, 2)
	require.GreaterOrEqual(t, taken, 2)
	require.Len(t, s.Twin.Calls(), taken)
	_, err = s.Connector.Find(ctx, g, object, n.Last, []string{"New"}, s.fields())
	require.NoError(t, err)
	_, err = s.Connector.Changed(ctx, g, object, s.fields(), crm.Cursor{})
	require.NoError(t, err)
	require.Len(t, s.Twin.Calls(), taken)

	refusal = &crm.CallError{Kind: crm.CallLimited, Message: "not now", RetryAfter: time.Minute}
	asked := len(s.Twin.Calls())
	_, err = s.Connector.Write(ctx, g, object, []crm.Write{{Trace: "c", ID: there, Values: map[string]string{n.Last: "Later"}}})
	e := Failed(t, g, err, crm.CallLimited)
	require.False(t, e.Lost)
	require.Equal(t, time.Minute, e.RetryAfter)
	_, err = s.Connector.Changed(ctx, g, object, s.fields(), crm.Cursor{})
	Failed(t, g, err, crm.CallLimited)
	require.Len(t, s.Twin.Calls(), asked)
}
