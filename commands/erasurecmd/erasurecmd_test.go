package erasurecmd_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ws    kernel.WorkspaceID = "ws_01HZZZZZZZZZZZZZZZZZZZZZZZ"
	tbl   kernel.TableID     = "tbl_01HZZZZZZZZZZZZZZZZZZZZZZZ"
	ada   kernel.RowID       = "row_01HZZZZZZZZZZZZZZZZZZZZZZ1"
	grace kernel.RowID       = "row_01HZZZZZZZZZZZZZZZZZZZZZZ2"
)

// world is erasures over a log in memory.
type world struct {
	t        *testing.T
	log      *memstore.Store
	codec    *eventstore.Codec
	clock    *kernel.ManualClock
	ring     *vault.Ring
	handlers *erasurecmd.Handlers
	place    place
	live     map[kernel.RowID]bool
}

// place is a store that holds something until it is erased; it fails once if that is asked.
type place struct {
	holds  int64
	fails  error
	erased int
}

func (*place) Place() string { return "a place" }

func (p *place) Erase(context.Context, *erasurecmd.Search) (int64, error) {
	if err := p.fails; err != nil {
		p.fails = nil
		return 0, err
	}
	n := p.holds
	p.holds = 0
	p.erased++
	return n, nil
}

func (p *place) Verify(context.Context, *erasurecmd.Search) (int64, error) { return p.holds, nil }

// Exists implements erasurecmd.Grid by what the log says.
func (w *world) Exists(ctx context.Context, _ kernel.TableID, rows []kernel.RowID) (live, trashed map[kernel.RowID]bool, err error) {
	events, err := w.log.ReadAll(ctx, 0, 1000)
	live = map[kernel.RowID]bool{}
	for _, row := range rows {
		live[row] = w.live[row]
	}
	for _, e := range events {
		var purged table.RowsPurged
		if e.Type == purged.EventType() && json.Unmarshal(e.Data, &purged) == nil {
			for _, row := range purged.Rows {
				delete(live, row)
			}
		}
	}
	return live, nil, err
}

// Named implements erasurecmd.Tables.
func (*world) Named(context.Context, kernel.WorkspaceID, kernel.TableID) (string, map[kernel.ColumnID]string, error) {
	return "People", map[kernel.ColumnID]string{"col_1": "Email"}, nil
}

// Row implements erasurecmd.Tables.
func (*world) Row(_ context.Context, _ kernel.WorkspaceID, _ kernel.TableID, row kernel.RowID) (json.RawMessage, error) {
	return json.Marshal(map[string]string{"id": string(row)})
}

// Wait implements erasurecmd.Waiter.
func (*world) Wait(_ context.Context, _ string, position int64) (int64, bool) { return position, true }

// Kept implements erasurecmd.Backups.
func (w *world) Kept(context.Context) ([]erasurecmd.Backup, error) {
	return []erasurecmd.Backup{{Name: "morket_1", TakenAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(time.Hour)}}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t)
}

func newWorldWith(t *testing.T, more ...erasurecmd.Store) *world {
	t.Helper()
	w := &world{t: t, clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), live: map[kernel.RowID]bool{ada: true, grace: true}}
	w.log, w.ring, w.place.holds = memstore.New(w.clock), vaulttest.Ring(t, w.clock), 2
	var err error
	w.codec, err = eventstore.NewCodec(erasure.Events(), table.Events(), dataops.Events(), enrichment.Events(), find.Events(), comment.Events())
	require.NoError(t, err)
	w.handlers, err = erasurecmd.New(erasurecmd.Config{
		Log: w.log, Codec: w.codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, Keys: w.ring, Grid: w, Tables: w, Wait: w, Backups: w,
		Places: append([]erasurecmd.Store{&w.place}, more...),
	})
	require.NoError(t, err)
	return w
}

func (w *world) meta() kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: ws, Command: "test"}
}

func (w *world) given(stream eventstore.StreamID, events ...kernel.Event) {
	w.t.Helper()
	req, err := w.codec.Append(w.meta(), nil, eventstore.At(stream, eventstore.Any, events...))
	require.NoError(w.t, err)
	_, err = w.log.Append(w.t.Context(), req)
	require.NoError(w.t, err)
}

func (w *world) seal(subject, plain string) []byte {
	w.t.Helper()
	sealed, err := w.ring.Seal(w.t.Context(), subject, []byte(plain))
	require.NoError(w.t, err)
	return sealed
}

// all is everything that the log holds, with what is sealed in it opened.
func (w *world) all() string {
	w.t.Helper()
	events, err := w.log.ReadAll(w.t.Context(), 0, 1000)
	require.NoError(w.t, err)
	var b strings.Builder
	for _, e := range events {
		b.Write(e.Data)
		if e.Type == (find.PageFound{}).EventType() {
			var p find.PageFound
			require.NoError(w.t, json.Unmarshal(e.Data, &p))
			plain, ok, err := w.ring.Open(w.t.Context(), find.Keys+string(p.FindID), p.Sealed)
			require.NoError(w.t, err)
			require.True(w.t, ok)
			b.Write(plain)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func chunk(rows []kernel.RowID, values ...string) kernel.Chunk {
	c := kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for i, v := range values {
		c.Cols["col_1"] = append(c.Cols["col_1"], json.RawMessage(v))
		_ = i
	}
	return c
}

func (w *world) furnish() {
	w.given("import-1", dataops.Uploaded{
		ImportID: "imp_1", Preview: [][]string{{"Ada Lovelace", "ada@example.com"}, {"Grace Hopper", "grace@example.com"}},
	}, dataops.RowsAdded{ImportID: "imp_1", TableID: tbl, Chunk: chunk([]kernel.RowID{ada, grace}, `"ada@example.com"`, `"grace@example.com"`)})
	w.given(eventstore.Stream(table.CellStream, string(tbl)),
		table.CellsEdited{
			TableID: tbl, Chunk: chunk([]kernel.RowID{ada}, `"Ada Lovelace"`),
			Old: map[kernel.ColumnID][]json.RawMessage{"col_1": {json.RawMessage(`"ada@example.com"`)}},
		},
		table.CellsEdited{TableID: tbl, Chunk: chunk([]kernel.RowID{grace}, `"met\nada@example.com"`)})
	w.given("find-1", find.PageFound{FindID: "fnd_1", Sealed: w.seal(find.Keys+"fnd_1",
		`{"name":"Ada Lovelace","age":36}`+"\n"+`{"name":"Grace Hopper"}`+"\n")})
	w.given("run-1", enrichment.RunAnswersRecorded{
		RunID: "run_1", TableID: tbl, Chunk: chunk([]kernel.RowID{ada}, `"countess"`), KeptFor: "answers/1",
		Provenance: []enrichment.Provenance{{RowID: ada, Input: json.RawMessage(`{"who":"A. L."}`)}, {RowID: grace, SourceURL: "https://example.com"}},
		Kept: []enrichment.KeptAnswer{
			{Index: 0, Body: w.seal("answers/1", `{"outputs":{"title":"countess"}}`)}, {Index: 1, Body: w.seal("answers/1", `{"outputs":{}}`)},
		},
	})
}

func (w *world) request(r erasurecmd.Request) kernel.ErasureID {
	w.t.Helper()
	res, err := w.handlers.Request(w.t.Context(), w.meta(), r)
	require.NoError(w.t, err)
	return res.Value.ID
}

func (w *world) run(id kernel.ErasureID) erasure.Erasure {
	w.t.Helper()
	require.NoError(w.t, w.handlers.Run(w.t.Context(), ws, id, func(string) {}))
	e, err := w.handlers.Find(w.t.Context(), ws, id)
	require.NoError(w.t, err)
	return e
}

func TestWhatIsAboutAPersonLeavesTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	before := w.all()
	id := w.request(erasurecmd.Request{Emails: []string{"ADA@example.com"}})
	require.NotContains(t, strings.ToLower(w.all()[len(before):]), "ada@", "what was asked is not in the log")
	e := w.run(id)
	require.Equal(t, erasure.Waiting, e.State)
	require.Equal(t, []erasure.Rows{{TableID: tbl, Rows: []kernel.RowID{ada}}}, e.Looked.Rows)
	require.Equal(t, int64(2), e.Looked.Found[len(e.Looked.Found)-1].Count)
	require.True(t, strings.HasPrefix(w.all(), before), "nothing is changed by looking")

	_, err := w.handlers.Confirm(t.Context(), w.meta(), id)
	require.NoError(t, err)
	e = w.run(id)
	require.Equal(t, erasure.Done, e.State, e.Reason)
	after := w.all()
	for _, gone := range []string{"Ada", "ada@", "Lovelace", "countess", "A. L.", `"age"`} {
		require.NotContains(t, after, gone)
	}
	for _, stays := range []string{"Grace Hopper", "grace@example.com", `met\n[erased]`, "https://example.com"} {
		require.Contains(t, after, stays)
	}
	w.requireCertificate(e)
	require.NoError(t, w.handlers.Run(t.Context(), ws, id, func(string) {}), "again is harmless")
	require.Equal(t, after, w.all())
}

func (w *world) requireCertificate(e erasure.Erasure) {
	w.t.Helper()
	var c erasurecmd.Certificate
	require.NoError(w.t, json.Unmarshal(e.Certificate, &c))
	cut := strings.LastIndexByte(c.Signature, '.')
	key, err := base64.RawURLEncoding.DecodeString(c.PublicKey)
	require.NoError(w.t, err)
	signature, err := base64.RawURLEncoding.DecodeString(c.Signature[cut+1:])
	require.NoError(w.t, err)
	require.True(w.t, ed25519.Verify(key, []byte(c.Signature[:cut]), signature))
	require.Equal(w.t, "morket_1", c.Statement.Backups[0].Name)
	require.Equal(w.t, 1, c.Statement.Rows[0].Rows)
	require.EqualValues(w.t, 1, c.Statement.Events["run.answers_recorded.v1"])
}

func TestAnErasureGoesOnBehindThePlacesThatAreDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	id := w.request(erasurecmd.Request{Emails: []string{"ada@example.com"}})
	w.run(id)
	_, err := w.handlers.Confirm(t.Context(), w.meta(), id)
	require.NoError(t, err)
	w.place.fails = kernel.E(kernel.KindUnavailable, "AWAY", "the place is away")
	require.ErrorContains(t, w.handlers.Run(t.Context(), ws, id, func(string) {}), "the place is away")
	e, err := w.handlers.Find(t.Context(), ws, id)
	require.NoError(t, err)
	require.Equal(t, erasure.Erasing, e.State)
	require.Len(t, e.Places, 3)
	e = w.run(id)
	require.Equal(t, erasure.Done, e.State)
	require.Len(t, e.Places, 4)
	require.Equal(t, 1, w.place.erased)
}

func TestRowsAreFoundByANameWithItsCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func(row kernel.RowID, name, company string) {
		w.given(eventstore.Stream(table.CellStream, string(tbl)), table.RowsInserted{TableID: tbl, Chunk: kernel.Chunk{
			Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{"col_1": {json.RawMessage(name)}, "col_2": {json.RawMessage(company)}},
		}})
	}
	add(ada, `"Ada Lovelace"`, `"ACME"`)
	add(grace, `"Ada Lovelace"`, `"Other"`) // a namesake
	e := w.run(w.request(erasurecmd.Request{People: []erasurecmd.Person{{Name: "ada lovelace", Company: "Acme"}}}))
	require.Equal(t, []erasure.Rows{{TableID: tbl, Rows: []kernel.RowID{ada}}}, e.Looked.Rows)
}

func TestBadRequestsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, r := range map[string]erasurecmd.Request{
		"nothing":    {},
		"no address": {Emails: []string{"ada"}},
		"no number":  {Phones: []string{"12"}},
		"no company": {People: []erasurecmd.Person{{Name: "Ada"}}},
		"no row":     {Rows: []erasure.Rows{{TableID: tbl, Rows: []kernel.RowID{"ada"}}}},
		"no table":   {Rows: []erasure.Rows{{TableID: "people", Rows: []kernel.RowID{ada}}}},
		"too many":   {Emails: make([]string, erasure.MaxKeys+1)},
		"many rows":  {Rows: []erasure.Rows{{TableID: tbl, Rows: manyRows()}}},
	} {
		_, err := w.handlers.Request(t.Context(), w.meta(), r)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), name)
	}
}

func manyRows() []kernel.RowID {
	out := make([]kernel.RowID, erasure.MaxRows+1)
	for i := range out {
		out[i] = ada
	}
	return out
}

func TestNothingBringsAPersonBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	s := erasurecmd.NewSuppression(w.log, w.codec, w.ring, w.clock)
	write := func(value string) error {
		req, err := w.codec.Append(w.meta(), nil, eventstore.At(eventstore.Stream(table.CellStream, string(tbl)), eventstore.Any,
			table.CellsEdited{TableID: tbl, Chunk: chunk([]kernel.RowID{grace}, value)}))
		require.NoError(t, err)
		return s.Admit(t.Context(), req)
	}
	require.NoError(t, write(`"ada@example.com"`))
	id := w.request(erasurecmd.Request{Emails: []string{"ada@example.com"}})
	w.run(id)
	_, err := w.handlers.Confirm(t.Context(), w.meta(), id)
	require.NoError(t, err)
	w.clock.Advance(time.Minute)
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(write(`"call ADA@example.com"`)))
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(write(`["x","ada@example.com"]`)))
	require.NoError(t, write(`"grace@example.com"`))
	require.NoError(t, write(`null`))
}
