//go:build fault

package systemtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// loop is an installation in use by people and programs who know what must be in it, and to which one harm after the other is done.
type loop struct {
	*ill
	ctx  context.Context
	end  context.CancelCauseFunc
	rng  *rand.Rand
	seed uint64

	scribes  []*scribe
	importer *importer
	runner   *runner
	vendor   *vendor
	kills    atomic.Int64 // of Morket
	feed     *follower
	hooks    []*addressee
	parts    []*part
	copies   map[string]string // older copies of the parts' data

	enough chan struct{}
	work   sync.WaitGroup
}

// harm is what is done to the installation. It returns once everything that it has ended runs again.
type harm struct {
	name string
	do   func(*loop)
}

// seedOf is MORKET_TEST_SEED, or a new one: with the same seed the same is done, though not at the same moments.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	asked := os.Getenv("MORKET_TEST_SEED")
	if asked == "" {
		return rand.Uint64()
	}
	n, err := strconv.ParseUint(asked, 10, 64)
	require.NoError(t, err, "MORKET_TEST_SEED")
	return n
}

// chosen are the harms whose name matches MORKET_TEST_HARM; all of them without it.
func chosen(t *testing.T, all []harm) []harm {
	t.Helper()
	pattern, err := regexp.Compile(os.Getenv("MORKET_TEST_HARM"))
	require.NoError(t, err, "MORKET_TEST_HARM")
	some := slices.DeleteFunc(slices.Clone(all), func(h harm) bool { return !pattern.MatchString(h.name) })
	require.NotEmpty(t, some, "MORKET_TEST_HARM is of none of the harms")
	return some
}

// The installation that a newcomer has: Morket with its own Postgres and Temporal.
func TestFaultsInALoop(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.goRound(rounds(t), own())
}

// The same beside RabbitMQ, ClickHouse, OpenSearch and Redis, each of which is stopped, killed, emptied, or restored from an older copy.
func TestFaultsInALoopOfTheGrownSystem(t *testing.T) {
	t.Parallel()
	parts := startParts(t)
	l := newLoop(t, "AMQP_URL="+parts[0].url, "CLICKHOUSE_URL="+parts[1].url, "OPENSEARCH_URL="+parts[2].url, "REDIS_URL="+parts[3].url)
	l.parts = parts
	l.goRound(rounds(t), append(beside(parts), own()[:2]...))
}

func newLoop(t *testing.T, settings ...string) *loop {
	t.Helper()
	const operator = "operator@example.com"
	l := &loop{seed: seedOf(t), copies: map[string]string{}, enough: make(chan struct{})}
	l.rng = rand.New(rand.NewPCG(l.seed, 0))
	t.Logf("MORKET_TEST_SEED=%d", l.seed)
	env := append(append(paying(), "MORKET_OPERATOR_EMAILS="+operator), settings...)
	s := newServer(t, env...)
	s.start()
	l.ill = &ill{server: s, t: t, env: env, c: register(t, s, operator)}
	l.ctx, l.end = context.WithCancelCause(t.Context())
	l.people(operator)
	return l
}

// people makes everybody who uses the installation, and sets them to work.
func (l *loop) people(email string) {
	t, c := l.t, l.c
	first := &steady{c: *c, email: email, signed: time.Now()}
	person := func(name string) *steady { return first.another(name, l.seed) }
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/credits/grants", map[string]any{"amount_mc": 100 * granted, "note": "for the runs"})
	for i := range 2 {
		hook, url := newAddressee(t, i == 0)
		c.call(http.StatusCreated, http.MethodPost, c.ws+"/webhooks", map[string]any{"url": url, "ordered": hook.ordered, "types": delivered()})
		l.hooks = append(l.hooks, hook)
	}
	l.feed = &follower{steady: person("feed"), cursor: "now"}
	_, err := l.feed.page(l.ctx, 0)
	require.NoError(t, err)
	columns := []any{}
	for _, name := range []string{"Key", "Note"} {
		columns = append(columns, map[string]any{"name": name, "type": "text"})
	}
	columns = append(columns, map[string]any{"name": "Number", "type": "number"})
	table := func(name string) tableInfo {
		return in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": name, "columns": columns})
	}
	marks := table("Marks")
	for i := range 2 {
		tbl := table(fmt.Sprint("Edited ", i))
		s := &scribe{steady: person(fmt.Sprint("scribe", i)), table: tbl, key: tbl.column("Key"), note: tbl.column("Note"), number: tbl.column("Number"), ids: map[string]string{}, world: world{now: image{}}}
		s.marker = func(ctx context.Context, p *steady) error {
			insert := map[string]any{"operations": []any{map[string]any{"op": "insert", "cells": map[string]any{"Key": "mark"}}}}
			_, err := p.insist(ctx, http.StatusOK, http.MethodPost, "/tables/"+marks.ID+"/rows:batch", insert, "Idempotency-Key", p.key())
			return err
		}
		l.scribes = append(l.scribes, s)
		l.sets("scribe "+strconv.Itoa(i), s.work)
	}
	l.importer = &importer{steady: person("importer")}
	l.sets("the importer", l.importer.work)
	l.runner = l.newRunner(person("runner"), table("Asked"))
	l.sets("the runner", l.runner.work)
	l.sets("the follower of the feed", l.feed.work)
}

func (l *loop) newRunner(p *steady, table tableInfo) *runner {
	var service string
	l.vendor, service = newVendor(l.t)
	w := &runner{steady: p, table: table, asks: map[string]string{}, kills: &l.kills}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		step := map[string]any{
			"provider": "http_api", "output": "answer", "inputs": map[string]any{"key": map[string]any{"column": table.column("Key")}},
			"config": map[string]any{"method": method, "url": service + "/?key={{key}}", "outputs": map[string]any{"answer": map[string]string{"path": "$.answer"}}},
		}
		w.asks[method] = in[column](l.c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/enrichment-columns", map[string]any{
			"name": "By " + method, "type": "text", "config": map[string]any{"steps": []any{step}},
		}).ID
	}
	return w
}

// sets somebody to work. Whoever finds something wrong ends everything.
func (l *loop) sets(name string, work func(context.Context, <-chan struct{}) error) {
	l.work.Go(func() {
		if err := work(l.ctx, l.enough); err != nil {
			l.end(fmt.Errorf("%s: %w", name, err))
		}
	})
}

// goRound does so many harms, each of the list once before any is done again.
func (l *loop) goRound(n int, all []harm) {
	l.t.Helper()
	var bag []harm
	all = chosen(l.t, all)
	took := map[string][]time.Duration{}
	for round := range n {
		if len(bag) == 0 {
			bag = append(bag, all...)
			l.rng.Shuffle(len(bag), func(i, j int) { bag[i], bag[j] = bag[j], bag[i] })
		}
		h := bag[0]
		bag = bag[1:]
		l.goesOn(1 + l.rng.IntN(20))
		l.hooks[0].refuseSome(l.rng.IntN(2)) // the ordered one: what another refuses twice is sent after five minutes only
		began := time.Now()
		l.t.Logf("round %d: %s", round, h.name)
		h.do(l)
		done := time.Since(began)
		l.goesOn(3)
		on := time.Since(began)
		l.ready("parts") // a part that has failed is ill for half a minute after its start
		took[h.name] = append(took[h.name], done)
		l.t.Logf("round %d: %s: done after %s, everybody goes on after %s, all well after %s", round, h.name, done.Round(time.Millisecond), on.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	}
	for _, name := range sortedKeys(took) {
		slices.Sort(took[name])
		l.t.Logf("%s: %d times, done after %s at the median, %s at most", name, len(took[name]), took[name][len(took[name])/2].Round(time.Millisecond), took[name][len(took[name])-1].Round(time.Millisecond))
	}
	l.goesOn(10)
	l.ready("")
	l.balance()
}

// until waits until it holds. When somebody has found something wrong, it ends the test with that.
func (l *loop) until(what string, holds func() bool) {
	l.t.Helper()
	l.eventually(doneWithin, what, func() bool {
		if l.ctx.Err() != nil {
			l.t.Fatalf("MORKET_TEST_SEED=%d: %v", l.seed, context.Cause(l.ctx))
		}
		return holds()
	})
}

// goesOn waits until each person who edits has had so many more answers.
func (l *loop) goesOn(n int) {
	l.t.Helper()
	for _, s := range l.scribes {
		from := s.made.Load()
		l.until("people go on", func() bool { return s.made.Load() >= from+int64(n) })
	}
}

// ready waits until everything is well by itself, but for what is excused.
func (l *loop) ready(excused string) {
	l.t.Helper()
	var ails []string
	l.until("everything is well", func() bool {
		h, err := l.readiness()
		how := h.ailing()
		if err != nil {
			how = err.Error()
		}
		if how != "" && !slices.Contains(ails, how) {
			ails = append(ails, how)
		}
		return err == nil && h.Ready && (how == "" || how == excused)
	})
	if len(ails) > 0 {
		l.t.Logf("meanwhile: %s", strings.Join(ails, " | "))
	}
}
