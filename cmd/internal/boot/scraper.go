package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/adapters/postgres/scraperead"
	"github.com/morket/morket/adapters/scrape/scrapeserver"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/scrapecmd"
	"github.com/morket/morket/commands/scrapeflow"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
)

// scraper is the jobs of reading pages, and the scraper's own API.
type scraper struct {
	core    *core
	flows   *flows
	objects *objects
	reads   *scraperead.Queries
	jobs    *scrapecmd.Jobs
	runner  *scrapecmd.Runner
	handler http.Handler // nil without an address
}

// tasksAtOnce is how many pages a process reads at once; most of them wait for a site or for their turn at one.
const tasksAtOnce = 32

func newScraper(c *core, f *flows, pages *Pages) (*scraper, error) {
	s := &scraper{core: c, flows: f, reads: scraperead.NewQueries(c.rows)}
	var err error
	if s.objects, err = newObjects(c.base); err != nil {
		return nil, err
	}
	secret := c.cfg.ScrapeSecret
	loopback := slices.ContainsFunc(c.cfg.DialAllow, func(n netip.Prefix) bool { return n.Addr().Unmap().IsLoopback() })
	s.jobs, err = scrapecmd.NewJobs(scrapecmd.JobsConfig{
		Store:     c.store,
		Codec:     c.codec,
		IDs:       c.ids,
		Clock:     c.clock,
		Sealer:    c.ring,
		Objects:   s.objects.store,
		Waiting:   s.reads.Waiting,
		Exists:    s.exists,
		Reader:    pages.Reader,
		Callbacks: secret.IsSet(),
		Loopback:  loopback,
	})
	if err != nil {
		return nil, err
	}
	log := c.log.With("part", "scraper")
	queue := scrapecmd.NewQueue(pages.Reader, tasksAtOnce)
	run := scrapecmd.RunnerConfig{Jobs: s.jobs, Queue: queue, Logger: log}
	if secret.IsSet() {
		run.Call = callback(c)
	}
	if s.runner, err = scrapecmd.NewRunner(run); err != nil {
		return nil, err
	}
	if c.cfg.ScraperAddr == "" {
		return s, nil
	}
	s.handler, err = scrapeserver.New(scrapeserver.Config{
		Queue:   queue,
		Jobs:    s.jobs,
		Known:   pages.Known,
		Key:     c.cfg.ServiceKey.Reveal(),
		Ready:   s.ready,
		Metrics: c.metrics.Handler(),
		Clock:   c.clock,
		Logger:  log,
	})
	return s, err
}

// exists reports whether there is such a workspace.
func (s *scraper) exists(ctx context.Context, ws kernel.WorkspaceID) (bool, error) {
	first, err := s.core.store.ReadStream(ctx, eventstore.Stream("workspace", string(ws)), 0, 1)
	return len(first) > 0, err
}

// callbackWithin is how long a receiver may take.
const callbackWithin = 10 * time.Second

// callback tells receivers that jobs have ended, signed as Standard Webhooks says.
func callback(c *core) func(ctx context.Context, id, to string, body []byte) error {
	client := safedial.NewClient(safedial.Config{Allow: c.cfg.DialAllow, Redirects: -1, Timeout: callbackWithin})
	sender := webhooksend.New(client, safedial.Body)
	return func(ctx context.Context, id, to string, body []byte) error {
		at := c.clock.Now()
		signature, err := webhookflow.Sign([]string{c.cfg.ScrapeSecret.Reveal()}, id, at, body)
		if err != nil {
			return err
		}
		a := sender.Send(ctx, to, map[string]string{
			"Content-Type": "application/json", "User-Agent": "Morket/" + Version + " (+https://github.com/morket/morket)",
			webhookflow.HeaderID: id, webhookflow.HeaderTimestamp: strconv.FormatInt(at.Unix(), 10), webhookflow.HeaderSignature: signature,
		}, body)
		if a.Error != "" {
			return errors.New(a.Error)
		}
		return nil
	}
}

// ready reports what requests need: the log.
func (s *scraper) ready(ctx context.Context) error {
	if _, err := s.core.store.Head(ctx); err != nil {
		return errors.New("the log can't be reached")
	}
	return nil
}

func (*scraper) endpoints(*httpapi.API) {} // its API has an address of its own

func (s *scraper) parts() parts {
	starts := scrapeflow.NewReactor(s.flows.client)
	p := parts{
		reactions: []reaction{{name: scrapeflow.ReactorName, types: starts.Types(), handle: starts.Handle}},
		flows: []flow{{
			register: func(r worker.Registry) { scrapeflow.Register(r, scrapeflow.NewActivities(s.runner)) },
			underway: func(ctx context.Context, each func(reconcile.Flow) error) error {
				return reconcile.Pages(ctx, s.reads.Unfinished, func(id scrape.JobID) scrape.JobID { return id },
					func(id scrape.JobID) error { return each(scrapeflow.Underway(id)) })
			},
		}},
		sweeps: []sweeper.Sweep{{Name: "pages", Every: 24 * time.Hour, Run: s.sweep}}, //nolint:mnd // a day
	}
	if s.handler != nil {
		p.tasks = append(p.tasks, task{name: "scraper", role: config.RoleScraper, run: s.serve})
	}
	return p
}

// serve serves the scraper's API until ctx ends; what is being answered has half the stop's time.
func (s *scraper) serve(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.core.cfg.ScraperAddr)
	if err != nil {
		return fmt.Errorf("listen for the scraper: %w (set MORKET_SCRAPER_ADDR to another address)", err)
	}
	web := newWeb(context.WithoutCancel(ctx), s.handler)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.core.cfg.StopWithin/2) //nolint:mnd // half
		defer cancel()
		if web.Shutdown(last) != nil {
			_ = web.Close()
		}
	}()
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the scraper's API: %w", err)
	}
	<-stopped
	return ctx.Err()
}

// sweep destroys the keys of pages that have been kept long enough, and removes the objects that nobody can read any more. Both go by whole
// months, as their names do.
func (s *scraper) sweep(ctx context.Context) (n int, err error) {
	before := s.core.clock.Now().AddDate(0, 0, -s.core.cfg.AnswersDays)
	if _, err := s.core.ring.DestroyOlder(ctx, scrape.PageKeys, before.AddDate(0, -1, 0)); err != nil {
		return 0, err
	}
	last := scrape.Month(before.AddDate(0, -1, 0))
	var failed error
	err = s.objects.store.List(ctx, func(key string) error {
		const parts = 4 // pages, workspace, month, hash
		name := strings.Split(key, "/")
		if len(name) != parts || name[0]+"/" != scrape.PageKeys || name[2] >= last {
			return nil
		}
		if err := s.objects.store.Delete(ctx, key); err != nil {
			failed = errors.Join(failed, err)
			return nil
		}
		if n++; n == sweepBatch {
			return errEnough
		}
		return ctx.Err()
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return n, errors.Join(err, failed)
}
