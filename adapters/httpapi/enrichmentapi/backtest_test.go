package enrichmentapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/adapters/outbound/providers/apollo"
	"github.com/morket/morket/adapters/outbound/providers/hunter"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

const (
	leads      = 320
	credential = "crd_01JV0000000000000000000000"
	twinsKey   = "twin-key-of-the-tests"
)

// oneKey opens every credential with the key of the twins.
type oneKey struct{}

func (oneKey) Open(context.Context, kernel.WorkspaceID, kernel.CredentialID) (map[string]string, []string, error) {
	return map[string]string{"api_key": twinsKey}, []string{"127.0.0.1"}, nil
}

// noQuotas lets every call through at once.
type noQuotas struct{}

func (noQuotas) Take(context.Context, string, enrichment.RateLimits, float64, time.Duration) (time.Duration, bool, error) {
	return 0, true, nil
}

// vendors are the twins behind a world's providers.
type vendors struct {
	hunter *twins.Hunter
	apollo *twins.Apollo
}

func (v vendors) calls() int { return len(v.hunter.Calls()) + len(v.apollo.Calls()) }

// withVendors is a world of made-up people, with the twins of two vendors that answer without limits of their own.
func withVendors(t *testing.T) (*world, vendors, map[string]kernel.ColumnID) {
	t.Helper()
	v := vendors{
		hunter: twins.NewHunter(apart(), map[string]twins.HunterPlan{twinsKey: {Searches: -1, Verifications: -1}}),
		apollo: twins.NewApollo(apart(), map[string]twins.ApolloKey{twinsKey: {Credits: 1_000_000}}),
	}
	local := map[string]string{}
	for name, twin := range map[string]http.Handler{hunter.Vendor: v.hunter, apollo.Vendor: v.apollo} {
		srv := httptest.NewServer(twin)
		t.Cleanup(srv.Close)
		local[name] = srv.URL
	}
	w := newWorldOf(t, worldOf{local: local, secrets: oneKey{}, quotas: noQuotas{}})
	_, err := w.ledger.Commit(t.Context(), kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "anna"}, Workspace: wsA}, wsA, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindGrant, 10_000_000, "", w.clock.Now())
	})
	require.NoError(t, err)
	return w, v, w.people320()
}

// apart is a clock on which calls are a second apart, so that no window of a twin is ever full.
func apart() func() time.Time {
	var calls int64
	began := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	tick := make(chan int64, 1)
	tick <- calls
	return func() time.Time {
		n := <-tick
		tick <- n + 1
		return began.Add(time.Duration(n) * time.Second)
	}
}

// people320 makes the world's table anew, with names and domains.
func (w *world) people320() map[string]kernel.ColumnID {
	w.t.Helper()
	w.table = kernel.TableID(w.ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: w.ids, Clock: w.clock}, w.table, wsA, "", "People", []table.Draft{
		{Name: "First", Type: table.Text}, {Name: "Last", Type: table.Text}, {Name: "Domain", Type: table.Text},
	})
	require.NoError(w.t, err)
	columns := map[string]kernel.ColumnID{}
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for _, c := range tbl.Schema().Columns {
		columns[c.Name] = c.ID
	}
	first := strings.Fields("Ada Alan Barbara Claude Dorothy Edsger Frances Grace Hedy Ida")
	last := strings.Fields("Archer Baker Carter Draper Fisher Fletcher Mason Miller")
	for i := range leads {
		chunk.Rows = append(chunk.Rows, kernel.RowID(w.ids.New(kernel.PrefixRow)))
		for name, value := range map[string]string{"First": first[i%len(first)], "Last": last[(i/len(first))%len(last)], "Domain": fmt.Sprintf("acme%d.example", i/5)} {
			chunk.Cols[columns[name]] = append(chunk.Cols[columns[name]], table.Quote(value))
		}
	}
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "anna"}, Workspace: wsA}
	req, err := w.codec.Append(meta, nil, eventstore.At(eventstore.Stream("table", string(w.table)), eventstore.NoStream, tbl.Pending()...),
		eventstore.At(eventstore.Stream("cells", string(w.table)), eventstore.Any, table.RowsInserted{TableID: w.table, Chunk: chunk}))
	require.NoError(w.t, err)
	_, err = w.log.Append(w.t.Context(), req)
	require.NoError(w.t, err)
	return columns
}

// asks is a waterfall of the vendors in the order.
func asks(columns map[string]kernel.ColumnID, order ...string) enrichment.Config {
	var cfg enrichment.Config
	for _, slug := range order {
		cfg.Steps = append(cfg.Steps, enrichment.Step{Provider: slug, CredentialID: credential, Output: "email", Inputs: map[string]enrichment.Input{
			"first_name": {Column: columns["First"]}, "last_name": {Column: columns["Last"]}, "domain": {Column: columns["Domain"]},
		}})
	}
	return cfg
}

func (w *world) vendorColumn(name string, cfg enrichment.Config) kernel.ColumnID {
	w.t.Helper()
	var col table.Column
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment-columns", map[string]any{"name": name, "type": "text", "config": cfg}).into(w.t, &col)
	return col.ID
}

// run asks for the column again and works on it until it ends.
func (w *world) run(column kernel.ColumnID) enrichmentapi.Job {
	w.t.Helper()
	var job enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{column}, "force": true}).into(w.t, &job)
	return w.done(job)
}

func (w *world) done(job enrichmentapi.Job) enrichmentapi.Job {
	w.t.Helper()
	w.work(job.ID, 0)
	w.call("anna", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).into(w.t, &job)
	return job
}

func (w *world) backtest(column kernel.ColumnID, cfg enrichment.Config) enrichmentcmd.BacktestAnswer {
	w.t.Helper()
	var out enrichmentcmd.BacktestAnswer
	w.call("anna", http.MethodPost, "enrichment-backtests", map[string]any{"table_id": w.table, "column_id": column, "config": cfg}).into(w.t, &out)
	return out
}

// TestABacktestPredictsARerun: over 320 people and the twins of two vendors, what the back-test of another order says is what the run of
// that order then gives, within a hundredth; and it asks nobody.
func TestABacktestPredictsARerun(t *testing.T) {
	t.Parallel()
	w, vendors, columns := withVendors(t)
	email := w.vendorColumn("Email", asks(columns, hunter.FinderSlug, apollo.PersonSlug))
	first := w.run(email)
	require.EqualValues(t, leads, first.Counts.Done, "%+v", first)

	// Of the people whom the first vendor knows, the second was never asked.
	other := asks(columns, apollo.PersonSlug, hunter.FinderSlug)
	calls := vendors.calls()
	partly := w.backtest(email, other)
	require.Equal(t, calls, vendors.calls(), "nobody is asked")
	require.Equal(t, first.Counts.Succeeded, partly.Now.Found)
	require.Equal(t, first.Spent, partly.Now.Cost)
	require.Equal(t, first.Counts.Succeeded, partly.Then.Unknown+partly.Then.Found, "what is not recorded is told")
	require.Positive(t, partly.Then.Unknown)
	require.NotNil(t, partly.Then.Estimate)

	w.run(w.vendorColumn("Second opinion", asks(columns, apollo.PersonSlug)))
	calls = vendors.calls()
	told := w.backtest(email, other)
	require.Equal(t, calls, vendors.calls(), "nobody is asked")
	require.Zero(t, told.Then.Unknown)
	require.True(t, told.Complete)

	w.call("anna", http.MethodPut, "tables/"+string(w.table)+"/columns/"+string(email)+"/enrichment", map[string]any{"config": other}).into(t, &struct{}{})
	again := w.run(email)
	t.Logf("found: told %d, was %d; credits: told %s, was %s", told.Then.Found, again.Counts.Succeeded, told.Then.Cost, again.Spent)
	require.InEpsilon(t, again.Counts.Succeeded, told.Then.Found, 0.01)
	require.InEpsilon(t, int64(again.Spent), int64(told.Then.Cost), 0.01)
	require.NotEqual(t, first.Spent, again.Spent, "the order matters")
	after := w.backtest(email, other)
	require.EqualValues(t, leads, after.Effects[enrichment.EffectSame], "the cells are what was told: %v", after.Effects)
}

// TestAReplayAsksNobody: a changed output and a validator change the cells, and neither a call nor a credit is used.
func TestAReplayAsksNobody(t *testing.T) {
	t.Parallel()
	w, vendors, columns := withVendors(t)
	email := w.vendorColumn("Email", asks(columns, hunter.FinderSlug))
	first := w.run(email)
	calls := vendors.calls()
	least := 0.9
	strict := asks(columns, hunter.FinderSlug)
	strict.Steps[0].Validator = &enrichment.Validator{MinConfidence: &least}
	told := w.backtest(email, strict)
	lost := told.Effects[enrichment.EffectLost]
	require.Positive(t, lost)
	require.Equal(t, first.Counts.Succeeded-lost, told.Then.Found)

	replay := func(cfg enrichment.Config) enrichmentapi.Job {
		var job enrichmentapi.Job
		w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/columns/"+string(email)+"/enrichment-replay", map[string]any{"config": cfg}).into(t, &job)
		return w.done(job)
	}
	job := replay(strict)
	require.Equal(t, lost, job.Counts.Done)
	require.Equal(t, lost, job.Counts.NotFound)
	require.Equal(t, leads, int(w.backtest(email, strict).Effects[enrichment.EffectSame]))

	score := asks(columns, hunter.FinderSlug)
	score.Steps[0].Output = "score"
	told = w.backtest(email, score)
	job = replay(score)
	require.Equal(t, told.Effects[enrichment.EffectChanged]+told.Effects[enrichment.EffectGained], job.Counts.Succeeded)
	require.Equal(t, leads, int(w.backtest(email, score).Effects[enrichment.EffectSame]))
	require.Equal(t, calls, vendors.calls(), "nobody is asked")
	require.Zero(t, job.Spent)
	acct, err := w.ledger.Account(t.Context(), wsA)
	require.NoError(t, err)
	require.Equal(t, 10_000_000-first.Spent, acct.Available())

	refused := w.call("vera", http.MethodPost, "enrichment-backtests", map[string]any{"table_id": w.table, "column_id": email, "config": strict})
	require.Equal(t, http.StatusForbidden, refused.status)
	bad := strict
	bad.Steps = append(bad.Steps[:0:0], bad.Steps...)
	bad.Steps[0].Output = "nonsense"
	require.Equal(t, http.StatusUnprocessableEntity, w.call("anna", http.MethodPost, "enrichment-backtests", map[string]any{"table_id": w.table, "column_id": email, "config": bad}).status)
}
