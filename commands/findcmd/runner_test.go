package findcmd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/findcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ws  = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZZ")
	crd = kernel.CredentialID("crd_01JZZZZZZZZZZZZZZZZZZZZZZZ")
)

// vendor is a search with results, of which a page has ten.
type vendor struct {
	cost    int
	results int
	asked   []int
	fail    func(page, time int) error // answers an error instead of a page
}

func (v *vendor) DescribeSearch() enrichment.Search {
	return enrichment.Search{
		Slug: "vendor", Name: "Vendor", Terms: "none", Kind: enrichment.FindsPeople, PageSize: 10, PageCredits: v.cost, MaxRows: 1000,
		Filters:    []enrichment.SearchFilter{{Name: "title"}, {Name: "size", Options: []string{"s", "m"}, Single: true}},
		Fields:     []enrichment.Field{{Name: "name", Type: enrichment.FieldText}, {Name: "employees", Type: enrichment.FieldNumber}},
		Credential: &enrichment.CredentialKind{Kind: "vendor", Name: "Vendor"},
	}
}

func (v *vendor) Search(_ context.Context, ask enrichment.SearchRequest) (enrichment.SearchPage, error) {
	v.asked = append(v.asked, ask.Page)
	if v.fail != nil {
		if err := v.fail(ask.Page, len(v.asked)); err != nil {
			return enrichment.SearchPage{}, err
		}
	}
	out := enrichment.SearchPage{Total: int64(v.results)}
	for i := (ask.Page - 1) * ask.PerPage; i < min(ask.Page*ask.PerPage, v.results); i++ {
		out.Rows = append(out.Rows, map[string]any{"name": fmt.Sprint("n", i), "employees": i})
	}
	return out, nil
}

// Searcher and Kind implement findcmd.Searches.
func (v *vendor) Searcher(slug string) (enrichment.Searcher, bool) { return v, slug == "vendor" }

func (*vendor) Kind(name string) (enrichment.CredentialKind, bool) {
	return enrichment.CredentialKind{Kind: name}, true
}

// vault is the credentials.
type vault struct{ provider string }

func (v vault) Provider(_ context.Context, _ kernel.WorkspaceID, id kernel.CredentialID) (string, error) {
	if id != crd {
		return "", kernel.NotFound("credential", string(id))
	}
	return v.provider, nil
}

func (vault) Open(context.Context, kernel.WorkspaceID, kernel.CredentialID) (map[string]string, []string, error) {
	return map[string]string{"api_key": "k"}, []string{"vendor.example"}, nil
}

type noQuotas struct{}

func (noQuotas) Take(context.Context, string, enrichment.RateLimits, float64, time.Duration) (time.Duration, bool, error) {
	return 0, true, nil
}

// seal keeps what is sealed readable, until it is destroyed.
type seal struct{ destroyed map[string]bool }

func (s seal) Seal(_ context.Context, subject string, plain []byte) ([]byte, error) {
	return append([]byte(subject+"|"), plain...), nil
}

func (s seal) Open(_ context.Context, subject string, sealed []byte) ([]byte, bool, error) {
	plain, ok := strings.CutPrefix(string(sealed), subject+"|")
	return []byte(plain), ok && !s.destroyed[subject], nil
}

func (s seal) Destroy(_ context.Context, subject string) error {
	s.destroyed[subject] = true
	return nil
}

// imports takes files and remembers which it began with.
type imports struct {
	files    []string
	begun    []kernel.ImportID
	uploadOK func() error
	beginOK  func() error
}

func (i *imports) Upload(_ context.Context, _ kernel.Meta, _ kernel.TableID, _ string, lines io.Reader) (kernel.ImportID, error) {
	b, err := io.ReadAll(lines)
	if err == nil && i.uploadOK != nil {
		err = i.uploadOK()
	}
	if err != nil {
		return "", err
	}
	i.files = append(i.files, string(b))
	return kernel.ImportID(fmt.Sprint("imp_", len(i.files))), nil
}

func (i *imports) Begin(_ context.Context, _ kernel.Meta, id kernel.ImportID, _ find.Definition) error {
	if i.beginOK != nil {
		if err := i.beginOK(); err != nil {
			return err
		}
	}
	i.begun = append(i.begun, id)
	return nil
}

type fixture struct {
	t       *testing.T
	log     *memstore.Store
	codec   *eventstore.Codec
	h       *findcmd.Handlers
	runner  *findcmd.Runner
	vendor  *vendor
	seal    seal
	imports *imports
	slept   []time.Duration
	table   kernel.TableID
	columns []kernel.ColumnID
	meta    kernel.Meta
}

func newFixture(t *testing.T, v *vendor) *fixture {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC))
	codec, err := eventstore.NewCodec(table.Events(), find.Events())
	require.NoError(t, err)
	f := &fixture{
		t: t, log: memstore.New(clock), codec: codec, vendor: v, seal: seal{map[string]bool{}}, imports: &imports{},
		meta: kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: ws},
	}
	ids := kernel.NewIDs(clock)
	f.h, err = findcmd.New(findcmd.Config{
		Store: f.log, Codec: codec, IDs: ids, Clock: clock, Searches: v, Credentials: vault{"vendor"}, Secrets: vault{}, Quotas: noQuotas{},
	})
	require.NoError(t, err)
	f.runner, err = findcmd.NewRunner(findcmd.RunnerConfig{
		Handlers: f.h, Sealer: f.seal, Imports: f.imports, Logger: slog.New(slog.DiscardHandler),
		Sleep: func(ctx context.Context, d time.Duration) error {
			f.slept = append(f.slept, d)
			return ctx.Err()
		},
	})
	require.NoError(t, err)
	f.table = kernel.TableID(ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: ids, Clock: clock}, f.table, ws, "", "Leads", []table.Draft{{Name: "Name", Type: table.Text}, {Name: "Size", Type: table.Number}})
	require.NoError(t, err)
	for _, c := range tbl.Schema().Columns {
		f.columns = append(f.columns, c.ID)
	}
	req, err := codec.Append(f.meta, nil, eventstore.At(eventstore.Stream(table.StructureStream, string(f.table)), eventstore.NoStream, tbl.Pending()...))
	require.NoError(t, err)
	_, err = f.log.Append(t.Context(), req)
	require.NoError(t, err)
	return f
}

func (f *fixture) definition() find.Definition {
	return find.Definition{
		Name: "CTOs", Search: "vendor", CredentialID: crd, Filters: map[string][]string{"title": {"CTO"}}, TableID: f.table,
		Targets: []find.Target{{Field: "name", ColumnID: f.columns[0]}, {Field: "employees", ColumnID: f.columns[1]}},
		Key:     f.columns[0], MaxRows: 100, MaxCredits: 100,
	}
}

func (f *fixture) start(change func(*find.Definition)) kernel.FindID {
	f.t.Helper()
	d := f.definition()
	if change != nil {
		change(&d)
	}
	saved, err := f.h.Save(f.t.Context(), f.meta, findcmd.Save{Definition: d})
	require.NoError(f.t, err)
	started, err := f.h.Start(f.t.Context(), f.meta, saved.Value.ID)
	require.NoError(f.t, err)
	return started.Value.ID
}

func (f *fixture) run(id kernel.FindID) {
	f.t.Helper()
	require.NoError(f.t, f.runner.Run(f.t.Context(), id, func(int) {}))
}

// ended is the run's last event, which must be its end.
func (f *fixture) ended(id kernel.FindID) find.Ended {
	f.t.Helper()
	events, err := f.log.ReadStream(f.t.Context(), eventstore.Stream(find.RunStream, string(id)), 0, 1000)
	require.NoError(f.t, err)
	e, err := f.codec.Decode(events[len(events)-1])
	require.NoError(f.t, err)
	ended, ok := e.(find.Ended)
	require.True(f.t, ok, "%T", e)
	return ended
}

func (f *fixture) lines() int {
	f.t.Helper()
	require.Len(f.t, f.imports.files, 1)
	require.Equal(f.t, []kernel.ImportID{"imp_1"}, f.imports.begun)
	return strings.Count(f.imports.files[0], "\n")
}

func TestPagesBecomeAnImport(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &vendor{results: 25})
	id := f.start(nil)
	f.run(id)
	require.Equal(t, []int{1, 2, 3}, f.vendor.asked)
	require.Equal(t, 25, f.lines())
	require.True(t, strings.HasPrefix(f.imports.files[0], `{"employees":0,"name":"n0"}`+"\n"), f.imports.files[0])
	require.Equal(t, find.StateCompleted, f.ended(id).State)
	require.True(t, f.seal.destroyed[find.Keys+string(id)], "what was found can't be read any more")
	f.run(id)
	require.Equal(t, 25, f.lines(), "a second time nothing happens")
}

func TestBoundsHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cost, results int
		change        func(*find.Definition)
		pages, rows   int
	}{
		"rows":              {0, 500, func(d *find.Definition) { d.MaxRows = 25 }, 3, 25},
		"credits":           {2, 500, func(d *find.Definition) { d.MaxCredits = 5 }, 2, 20},
		"there are no more": {1, 20, nil, 2, 20},
		"nothing is found":  {1, 0, nil, 1, 0},
	} {
		f := newFixture(t, &vendor{cost: c.cost, results: c.results})
		id := f.start(c.change)
		f.run(id)
		require.Len(t, f.vendor.asked, c.pages, name)
		require.Equal(t, find.StateCompleted, f.ended(id).State, name)
		if c.rows == 0 {
			require.Empty(t, f.imports.files, name)
			continue
		}
		require.Equal(t, c.rows, f.lines(), name)
	}
}

// TestAPageIsNeverPaidTwice: the process dies between the intent and the answer.
func TestAPageIsNeverPaidTwice(t *testing.T) {
	t.Parallel()
	for _, cost := range []int{0, 1} {
		f := newFixture(t, &vendor{cost: cost, results: 30})
		id := f.start(nil)
		f.vendor.fail = func(page, _ int) error {
			if page == 2 {
				panic("the process died")
			}
			return nil
		}
		require.Panics(t, func() { _ = f.runner.Run(t.Context(), id, func(int) {}) })
		f.vendor.fail = nil
		require.NoError(t, f.runner.Lost(t.Context(), id))
		f.run(id)
		if cost == 0 {
			require.Equal(t, []int{1, 2, 2, 3}, f.vendor.asked, "what costs nothing is asked again")
			require.Equal(t, find.StateCompleted, f.ended(id).State)
			require.Equal(t, 30, f.lines())
			continue
		}
		require.Equal(t, []int{1, 2}, f.vendor.asked)
		require.Equal(t, find.StatePartial, f.ended(id).State)
		require.Contains(t, f.ended(id).Reason, "the answer to page 2 was lost")
		require.Equal(t, 10, f.lines(), "what was paid for is taken over")
	}
}

func TestAPageThatKillsItsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &vendor{results: 30})
	id := f.start(nil)
	f.vendor.fail = func(page, _ int) error {
		if page == 2 {
			panic("the process died")
		}
		return nil
	}
	for range 2 {
		require.Panics(t, func() { _ = f.runner.Run(t.Context(), id, func(int) {}) })
		require.NoError(t, f.runner.Lost(t.Context(), id))
	}
	f.run(id)
	require.Equal(t, find.StatePartial, f.ended(id).State)
	require.Contains(t, f.ended(id).Reason, "given up")
	require.Equal(t, 10, f.lines())
}

func TestTroubleWithPages(t *testing.T) {
	t.Parallel()
	limited := &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "asked too often", RetryAfter: 12 * time.Second}
	lost := &enrichment.CallError{Kind: enrichment.CallTimeout, Message: "no answer", Lost: true}
	for name, c := range map[string]struct {
		cost  int
		fail  error
		times int // that page 2 fails
		asked []int
		state find.State
		says  string
	}{
		"asked too often":         {1, limited, 2, []int{1, 2, 2, 2, 3}, find.StateCompleted, ""},
		"fails for good":          {1, enrichment.Fail(enrichment.CallFailed, "broken"), 9, []int{1, 2, 2, 2, 2, 2}, find.StatePartial, "broken"},
		"refuses the key":         {0, enrichment.Fail(enrichment.CallUnauthorized, "refused"), 9, []int{1, 2}, find.StatePartial, "refused"},
		"lost, and it costs":      {1, lost, 1, []int{1, 2}, find.StatePartial, "could cost a second time"},
		"lost, and it is free":    {0, lost, 1, []int{1, 2, 2, 3}, find.StateCompleted, ""},
		"an error without a kind": {0, errors.New("dial tcp 10.1.2.3: refused"), 9, []int{1, 2, 2, 2, 2, 2}, find.StatePartial, "could not be asked"},
	} {
		f := newFixture(t, &vendor{cost: c.cost, results: 30})
		failed := 0
		f.vendor.fail = func(page, _ int) error {
			if page == 2 && failed < c.times {
				failed++
				return c.fail
			}
			return nil
		}
		id := f.start(nil)
		f.run(id)
		require.Equal(t, c.asked, f.vendor.asked, name)
		require.Equal(t, c.state, f.ended(id).State, name)
		require.Contains(t, f.ended(id).Reason, c.says, name)
		if name == "asked too often" {
			require.Equal(t, []time.Duration{5 * time.Second, 5 * time.Second, 2 * time.Second, 5 * time.Second, 5 * time.Second, 2 * time.Second}, f.slept)
		}
	}
}

func TestACancelledRunKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &vendor{cost: 1, results: 100})
	var id kernel.FindID
	f.vendor.fail = func(page, _ int) error {
		if page == 2 {
			_, err := f.h.Cancel(t.Context(), f.meta, id)
			require.NoError(t, err)
		}
		return nil
	}
	id = f.start(nil)
	f.run(id)
	require.Len(t, f.vendor.asked, 2)
	require.Equal(t, 20, f.lines(), "the page under way was paid for, so it is kept")
	require.Equal(t, find.StateCancelled, f.ended(id).State)
}

func TestRowsThatCanNotBeTakenOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &vendor{results: 5})
	f.imports.beginOK = func() error { return kernel.Invalid("table_id", "the table was deleted") }
	id := f.start(nil)
	f.run(id)
	require.Equal(t, find.StateFailed, f.ended(id).State)
	require.Contains(t, f.ended(id).Reason, "the table was deleted")

	f = newFixture(t, &vendor{results: 5})
	times := 0
	f.imports.beginOK = func() error {
		if times++; times == 1 {
			return errors.New("the database went away")
		}
		return nil
	}
	id = f.start(nil)
	require.Error(t, f.runner.Run(t.Context(), id, func(int) {}))
	f.run(id)
	require.Equal(t, 5, f.lines(), "the file that was uploaded is used")
	require.Equal(t, find.StateCompleted, f.ended(id).State)
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &vendor{cost: 1})
	for says, change := range map[string]func(*find.Definition){
		"name":             func(d *find.Definition) { d.Name = " " },
		"no search":        func(d *find.Definition) { d.Search = "other" },
		"no filter":        func(d *find.Definition) { d.Filters = map[string][]string{"colour": {"red"}} },
		"what to look for": func(d *find.Definition) { d.Filters = nil },
		"1 to 100 values":  func(d *find.Definition) { d.Filters = map[string][]string{"title": {""}} },
		"takes one value":  func(d *find.Definition) { d.Filters = map[string][]string{"size": {"s", "m"}} },
		"is not one of":    func(d *find.Definition) { d.Filters = map[string][]string{"size": {"xl"}} },
		"no credential":    func(d *find.Definition) { d.CredentialID = "crd_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"no table":         func(d *find.Definition) { d.TableID = "tbl_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"no field":         func(d *find.Definition) { d.Targets[0].Field = "age" },
		"no column":        func(d *find.Definition) { d.Targets[1].ColumnID = "col_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"same column":      func(d *find.Definition) { d.Targets[1].ColumnID = d.Targets[0].ColumnID },
		"key":              func(d *find.Definition) { d.Key = "col_01JYYYYYYYYYYYYYYYYYYYYYYY" },
		"max_rows":         func(d *find.Definition) { d.MaxRows = 0 },
		"at most 1000":     func(d *find.Definition) { d.MaxRows = 2000 },
		"max_credits":      func(d *find.Definition) { d.MaxCredits = 0 },
	} {
		d := f.definition()
		change(&d)
		_, err := f.h.Save(t.Context(), f.meta, findcmd.Save{Definition: d})
		require.ErrorContains(t, err, says)
	}
	other := f.meta
	other.Workspace = "ws_01JYYYYYYYYYYYYYYYYYYYYYYY"
	saved, err := f.h.Save(t.Context(), f.meta, findcmd.Save{Definition: f.definition()})
	require.NoError(t, err)
	_, err = f.h.Start(t.Context(), other, saved.Value.ID)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = f.h.Delete(t.Context(), f.meta, saved.Value.ID)
	require.NoError(t, err)
	_, err = f.h.Start(t.Context(), f.meta, saved.Value.ID)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestAPreviewSpendsNothing(t *testing.T) {
	t.Parallel()
	free := newFixture(t, &vendor{results: 123})
	ask := findcmd.Preview{Search: "vendor", CredentialID: crd, Filters: map[string][]string{"title": {"CTO"}}, MaxRows: 500}
	out, err := free.h.Preview(t.Context(), ws, ask)
	require.NoError(t, err)
	require.Equal(t, []int{1}, free.vendor.asked)
	require.Len(t, out.Rows, 10)
	out.Rows = nil
	require.Equal(t, findcmd.Previewed{Pages: 13, Looked: true, Total: 123}, out)

	paid := newFixture(t, &vendor{cost: 2, results: 123})
	out, err = paid.h.Preview(t.Context(), ws, ask)
	require.NoError(t, err)
	require.Empty(t, paid.vendor.asked)
	require.Equal(t, findcmd.Previewed{Pages: 50, Credits: 100, Rows: []map[string]any{}}, out)

	free.vendor.fail = func(int, int) error { return enrichment.Fail(enrichment.CallUnauthorized, "refuses the key") }
	_, err = free.h.Preview(t.Context(), ws, ask)
	require.ErrorContains(t, err, "refuses the key")
}
