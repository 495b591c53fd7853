package scrapecmd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/scrapecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// shelf keeps objects, and seals by writing the subject before what is sealed.
type shelf struct {
	mu        sync.Mutex
	objects   map[string][]byte
	destroyed string // a subject whose key is gone
}

// Put implements scrapecmd.Objects.
func (s *shelf) Put(_ context.Context, name string, r io.Reader, _ int64) (dataops.Object, error) {
	b, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = b
	return dataops.Object{Key: name}, err
}

// Open implements scrapecmd.Objects.
func (s *shelf) Open(_ context.Context, key string, _ int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.objects[key]
	if !ok {
		return nil, kernel.NotFound("object", key)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

type sealer struct{ *shelf }

// Seal implements scrapecmd.Sealer.
func (sealer) Seal(_ context.Context, subject string, plain []byte) ([]byte, error) {
	return append([]byte(subject+"|"), plain...), nil
}

// Open implements scrapecmd.Sealer.
func (s sealer) Open(_ context.Context, subject string, sealed []byte) ([]byte, bool, error) {
	if subject == s.destroyed {
		return nil, false, nil
	}
	plain, ok := bytes.CutPrefix(sealed, []byte(subject+"|"))
	if !ok {
		return nil, false, errors.New("sealed for somebody else")
	}
	return plain, true, nil
}

const ws = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZA")

// bench is jobs over a web in memory.
type bench struct {
	t       *testing.T
	web     *web
	shelf   *shelf
	jobs    *scrapecmd.Jobs
	runner  *scrapecmd.Runner
	waiting int
	calls   []string
	fail    int // callbacks that fail
}

func newBench(t *testing.T, w *web) *bench {
	t.Helper()
	b := &bench{t: t, web: w, shelf: &shelf{objects: map[string][]byte{}}}
	reader := w.reader(t, false)
	codec, err := eventstore.NewCodec(scrape.Events())
	require.NoError(t, err)
	b.jobs, err = scrapecmd.NewJobs(scrapecmd.JobsConfig{
		Store: memstore.New(w.clock), Codec: codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, Sealer: sealer{b.shelf}, Objects: b.shelf, Reader: reader, Callbacks: true,
		Waiting: func(context.Context) (int, error) { return b.waiting, nil }, Exists: func(_ context.Context, id kernel.WorkspaceID) (bool, error) { return id == ws, nil },
	})
	require.NoError(t, err)
	b.runner, err = scrapecmd.NewRunner(scrapecmd.RunnerConfig{
		Jobs: b.jobs, Queue: scrapecmd.NewQueue(reader, 4), Logger: slog.New(slog.DiscardHandler), Look: time.Millisecond, Pauses: []time.Duration{1, 1, 1},
		Call: func(_ context.Context, id, to string, body []byte) error {
			b.calls = append(b.calls, id+" "+to+" "+string(body))
			if b.fail--; b.fail >= 0 {
				return errors.New("no answer")
			}
			return nil
		},
	})
	require.NoError(t, err)
	return b
}

func (b *bench) start(callback string, urls ...string) scrape.JobID {
	b.t.Helper()
	var tasks []scrape.Task
	for _, u := range urls {
		tasks = append(tasks, scrape.Task{URL: u, Target: scrape.TargetPage})
	}
	done, err := b.jobs.Start(b.t.Context(), kernel.Meta{}, scrapecmd.Start{Workspace: ws, Tasks: tasks, Callback: callback})
	require.NoError(b.t, err)
	return done.Value.Job
}

func (b *bench) run(id scrape.JobID) *scrape.Job {
	b.t.Helper()
	require.NoError(b.t, b.runner.Run(b.t.Context(), id, func(int, int) {}))
	job, err := b.jobs.Job(b.t.Context(), id)
	require.NoError(b.t, err)
	return job
}

func TestAJobIsCarriedOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, &web{pages: map[string]string{"https://a.test/": "hello", "https://b.test/": "shell"}, verdicts: map[string]scrape.Robots{"https://no.test/": scrape.RobotsDisallowed}})
	id := b.start("https://me.test/hook", "https://a.test/", "https://no.test/", "https://b.test/")
	job := b.run(id)
	require.Equal(t, scrape.StateFinished, job.State)
	require.Equal(t, 1, job.Failed)
	out, done, err := b.jobs.Result(t.Context(), job, 0)
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, "hello", out.Extract.Fields["text"], "what is found is found in the page that is kept")
	require.Len(t, out.Fetches, 1)
	out, _, err = b.jobs.Result(t.Context(), job, 1)
	require.NoError(t, err)
	require.Equal(t, scrape.ReasonRobots, out.Fault.Reason)
	out, _, err = b.jobs.Result(t.Context(), job, 2)
	require.NoError(t, err)
	require.Contains(t, out.Extract.Reasons[0], "no browser")
	require.Len(t, b.calls, 1)
	require.Contains(t, b.calls[0], string(id)+" https://me.test/hook {")
	require.Contains(t, b.calls[0], `"state":"finished","pages":3,"read":2,"failed":1`)
	for name, object := range b.shelf.objects {
		require.True(t, strings.HasPrefix(name, "pages/"+string(ws)+"/202601/"), name)
		require.True(t, bytes.HasPrefix(object, []byte("pages/"+string(ws)+"/202601|")), "pages are sealed")
	}
	asked := len(b.web.asked)
	job = b.run(id)
	require.Len(t, b.web.asked, asked, "what is done is not done again")
	require.Len(t, b.calls, 1)
	b.shelf.destroyed = "pages/" + string(ws) + "/202601"
	out, _, err = b.jobs.Result(t.Context(), job, 0)
	require.NoError(t, err)
	require.Contains(t, out.Fault.Message, "not kept")
}

func TestCallbacksAreTriedFourTimes(t *testing.T) {
	t.Parallel()
	for fail, want := range map[int]string{1: "", 3: "", 4: "no answer"} {
		b := newBench(t, &web{pages: map[string]string{"https://a.test/": "hello"}})
		b.fail = fail
		job := b.run(b.start("https://me.test/hook", "https://a.test/"))
		require.Equal(t, want, job.Called.Error)
		require.Len(t, b.calls, min(fail+1, 4))
	}
}

// A job that is cancelled while its pages are read ends, and what was being read does not count.
func TestCancelling(t *testing.T) {
	t.Parallel()
	b := newBench(t, &web{refused: map[string]*scrape.Fault{"a.test": {Reason: scrape.ReasonResting, Message: "rests", Retry: time.Hour}}})
	id := b.start("", "https://a.test/", "https://a.test/x")
	ended := make(chan error)
	go func() { ended <- b.runner.Run(t.Context(), id, func(int, int) {}) }()
	require.NoError(t, b.jobs.Cancel(t.Context(), kernel.Meta{}, id))
	require.NoError(t, <-ended)
	job, err := b.jobs.Job(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, scrape.StateCancelled, job.State)
	require.Empty(t, job.Pages)
	require.NoError(t, b.jobs.Cancel(t.Context(), kernel.Meta{}, id), "twice is no error")
}

// A page over which two processes have ended fails, and the others are read.
func TestAPageThatKillsItsWorkerTwiceHasFailed(t *testing.T) {
	t.Parallel()
	b := newBench(t, &web{pages: map[string]string{"https://a.test/": "kills", "https://b.test/": "hello"}})
	id := b.start("", "https://a.test/", "https://b.test/")
	for range 2 {
		require.NoError(t, b.runner.Lost(t.Context(), id))
	}
	job := b.run(id)
	require.Equal(t, scrape.StateFinished, job.State)
	require.Equal(t, scrape.ReasonInternal, job.Pages[0].Reason)
	require.Empty(t, job.Pages[1].Reason)
	require.Equal(t, []string{"fetch https://b.test/"}, b.web.asked)
}

func TestWhatMayNotBeStarted(t *testing.T) {
	t.Parallel()
	b := newBench(t, &web{})
	task := scrape.Task{URL: "https://a.test/", Target: scrape.TargetPage}
	for name, c := range map[string]struct {
		start   scrapecmd.Start
		waiting int
		kind    kernel.Kind
	}{
		"nothing":                {scrapecmd.Start{Workspace: ws}, 0, kernel.KindInvalid},
		"too many":               {scrapecmd.Start{Workspace: ws, Tasks: make([]scrape.Task, 101)}, 0, kernel.KindInvalid},
		"no address":             {scrapecmd.Start{Workspace: ws, Tasks: []scrape.Task{{URL: "x", Target: scrape.TargetPage}}}, 0, kernel.KindInvalid},
		"a plain callback":       {scrapecmd.Start{Workspace: ws, Tasks: []scrape.Task{task}, Callback: "http://me.test/"}, 0, kernel.KindInvalid},
		"no such workspace":      {scrapecmd.Start{Workspace: "ws_2", Tasks: []scrape.Task{task}}, 0, kernel.KindNotFound},
		"a queue without room":   {scrapecmd.Start{Workspace: ws, Tasks: []scrape.Task{task}}, 500, kernel.KindUnavailable},
		"a callback of a person": {scrapecmd.Start{Workspace: ws, Tasks: []scrape.Task{task}, Callback: "https://u:p@me.test/"}, 0, kernel.KindInvalid},
	} {
		b.waiting = c.waiting
		_, err := b.jobs.Start(t.Context(), kernel.Meta{}, c.start)
		require.Equal(t, c.kind, kernel.KindOf(err), "%s: %v", name, err)
	}
	_, err := b.jobs.Job(t.Context(), "scr_none")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = b.jobs.Job(t.Context(), "../x")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))

	b.waiting = 0
	meta := kernel.Meta{IdempotencyKey: "k", Fingerprint: "f"}
	first, err := b.jobs.Start(t.Context(), meta, scrapecmd.Start{Workspace: ws, Tasks: []scrape.Task{task}})
	require.NoError(t, err)
	again, err := b.jobs.Start(t.Context(), meta, scrapecmd.Start{Workspace: ws, Tasks: []scrape.Task{task}})
	require.NoError(t, err)
	require.Equal(t, first.Value, again.Value)
	require.True(t, again.Replayed)
}
