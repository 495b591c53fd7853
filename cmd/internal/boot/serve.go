package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/schemas"
	"github.com/morket/morket/commands/accesscmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/relay"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/ui"
)

// Serve runs the process's roles until ctx ends, then stops them gracefully.
func Serve(ctx context.Context, cfg config.Config, out io.Writer) error {
	return ServeLogging(ctx, cfg, Logger(cfg), out)
}

// ServeLogging is Serve with a log of the caller's.
func ServeLogging(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) error {
	if r, ok := Running(cfg.DataDir); ok && cfg.Embedded() {
		return fmt.Errorf("a server runs on %s already (process %d, %s)", cfg.DataDir, r.Pid, r.Address)
	}
	listener, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	say(out, "Morket is starting …\n")
	p, err := Open(ctx, cfg, log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer p.Close() //nolint:contextcheck // the last traces have a time of their own
	s, err := p.server(ctx)
	if err != nil {
		_ = listener.Close()
		return err
	}
	return s.run(ctx, listener, out)
}

// listen takes the address before anything else is started: a taken one is the commonest fault.
func listen(ctx context.Context, cfg config.Config) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.HTTPAddr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (set MORKET_HTTP_ADDR to another address)", cfg.HTTPAddr, err)
	}
	return l, nil
}

// server is the process's roles, ready to run.
type server struct {
	*Platform
	bus      *bus
	shared   *shared
	objects  *objects
	registry *projections.Registry
	monitor  *projections.Monitor
	keeper   *supervisor
	operate  *operations
	access   *accesscmd.Recorder
	relay    *relay.Relay // nil without the role
	runners  []*projections.Runner
	reactors []*projections.Reactor
	accounts *accounts
	credits  *credits
	flows    *flows
	tables   *tables
	dataOps  *dataOps
	enrich   *enrichments
	sweeper  *sweeper.Sweeper
	feed     *feed
	search   *searches
	webhooks *webhooks
	api      *httpapi.API
}

func (p *Platform) server(ctx context.Context) (*server, error) {
	s := &server{Platform: p, bus: p.newBus(), registry: projections.NewRegistry(p.read), monitor: projections.NewMonitor(p.store, p.clock), keeper: newSupervisor(p.log, p.clock)}
	var err error
	if s.shared, err = p.shared(ctx); err != nil {
		return nil, err
	}
	if s.objects, err = p.objects(); err != nil {
		return nil, err
	}
	if s.access, err = p.recorder(); err != nil {
		return nil, err
	}
	if s.accounts, err = p.accounts(ctx, s.access); err != nil {
		return nil, err
	}
	if s.credits, err = p.credits(); err != nil {
		return nil, err
	}
	if s.flows, err = p.flows(ctx); err != nil {
		return nil, err
	}
	if s.tables, err = p.tables(s.bus, s.registry, s.accounts.workspaces); err != nil {
		return nil, err
	}
	if s.dataOps, err = p.dataOps(s.objects.store, s.tables.grid, s.registry, s.accounts.workspaces); err != nil {
		return nil, err
	}
	if s.enrich, err = p.enrichments(s.shared, s.tables.grid, s.registry, s.credits); err != nil {
		return nil, err
	}
	if s.sweeper, err = s.newSweeper(); err != nil {
		return nil, err
	}
	s.feed = p.feed(s.bus)
	s.search = p.searches()
	if s.webhooks, err = p.webhooks(ctx); err != nil {
		return nil, err
	}
	if err := s.consumers(); err != nil {
		return nil, err
	}
	if s.does(config.RoleRelay) {
		if s.relay, err = s.newRelay(s.bus); err != nil {
			return nil, err
		}
	}
	if s.operate, err = p.operations(s.monitor); err != nil {
		return nil, err
	}
	s.watch()
	s.api, err = s.newAPI() //nolint:contextcheck // requests bring their own contexts
	return s, err
}

// consumers makes the runners of the read models and the reactors that start flows.
func (s *server) consumers() error {
	for i, pr := range s.projectors() {
		cfg := s.runnerConfig(pr)
		cfg.Subscriber = s.bus.subscribe("projection." + pr.Name())
		r, err := projections.NewRunner(cfg)
		if err != nil {
			return err
		}
		s.runners = append(s.runners, r)
		s.registry.Add(r)
		s.monitor.AddRunner(r, func() projections.RunnerConfig { return s.runnerConfig(s.projectors()[i]) })
	}
	reactions := append([]reaction{s.dataOps.flow(s.Platform, s.flows), s.enrich.flow(s.Platform, s.flows), s.enrich.autoRuns(s.Platform), s.search.flow(s.Platform)}, s.webhooks.reactions(s.Platform, s.accounts)...)
	for _, reaction := range reactions {
		r, err := s.reactor(s.bus, reaction)
		if err != nil {
			return err
		}
		s.reactors = append(s.reactors, r)
		s.monitor.AddReactor(r)
	}
	return s.flows.reconcile(s.Platform)
}

func (s *server) newAPI() (*httpapi.API, error) {
	cfg := s.cfg
	a := httpapi.New(httpapi.Config{
		Authenticator: s.authenticator(), Memberships: s.accounts.workspaces, Limiter: s.shared.limiter, Limits: limits(cfg),
		Commands: s.store, Positions: s.registry, IDs: s.ids, Clock: s.clock, Logger: s.log, Origins: cfg.Origins,
		Secure: hasTLS(cfg.PublicURL), FingerprintKey: s.accounts.tokens.FingerprintKey(), Down: databaseDown, Version: Version,
		Around: append(s.tracing.Around(), s.people.note), Meter: s.metrics, Access: s.access, Streams: streams(cfg), Proxies: networks(cfg.TrustedProxies),
	})
	s.register(a)
	a.ServeHealth(s.dependencies())
	s.serveMetrics(a)
	if err := a.ServeDocs(); err != nil {
		return nil, err
	}
	events, err := schemas.Files()
	if err != nil {
		return nil, err
	}
	a.Router().StaticFS("/schemas/events", events)
	if files, built := ui.Dist(); built {
		a.ServeUI(files)
	}
	return a, nil
}

// networks writes prefixes as the router takes them.
func networks(prefixes []netip.Prefix) []*net.IPNet {
	out := make([]*net.IPNet, len(prefixes))
	for i, p := range prefixes {
		p = p.Masked()
		out[i] = &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
	}
	return out
}

func limits(cfg config.Config) map[httpapi.Class]int {
	if cfg.RateGeneral == 0 {
		return nil
	}
	return map[httpapi.Class]int{
		httpapi.General: cfg.RateGeneral, httpapi.Grid: cfg.RateGrid, httpapi.Auth: cfg.RateAuth, httpapi.Failed: cfg.RateFailed,
		httpapi.Enrichment: cfg.RateEnrichment, httpapi.Admin: cfg.RateAdmin,
	}
}

func streams(cfg config.Config) httpapi.StreamLimits {
	transfers := httpapi.Slots{User: cfg.TransfersUser, Workspace: cfg.TransfersWorkspace}
	return httpapi.StreamLimits{Events: httpapi.Slots{User: cfg.StreamsUser, Workspace: cfg.StreamsWorkspace}, Files: transfers, Uploads: transfers}
}

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
)

// run starts the roles, makes the demo, says where the server is, and waits for ctx or the first failure.
func (s *server) run(ctx context.Context, l net.Listener, out io.Writer) error {
	life, stop := context.WithCancel(context.WithoutCancel(ctx)) // the roles outlive ctx until requests are answered
	defer stop()
	group, gctx := errgroup.WithContext(life)
	if err := s.startRoles(kernel.AsSystem(gctx, "roles"), group); err != nil {
		return err
	}
	if err := s.awaitReadModels(gctx); err != nil {
		return errors.Join(err, s.end(stop, group))
	}
	if s.does(config.RoleWorker) { // both look into the read models
		s.keeper.keep(kernel.AsSystem(gctx, "sweeps"), group, "sweeper", s.sweeper.Run)
		s.keeper.keep(kernel.AsSystem(gctx, "flows"), group, "reconciler", s.flows.again.Run)
	}
	if s.cfg.Demo() { // before the first answer: a ready server lets the demo user sign in
		if err := s.demo(kernel.AsSystem(gctx, "demo")); err != nil {
			return errors.Join(fmt.Errorf("make the demo workspace: %w", err), s.end(stop, group))
		}
	}
	web := &http.Server{Handler: s.api.Handler(), ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, BaseContext: func(net.Listener) context.Context { return gctx }}
	group.Go(func() error {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	if s.cfg.Embedded() {
		running, err := (Runtime{Pid: os.Getpid(), Address: s.cfg.PublicURL, DatabaseURL: s.databaseURL, Temporal: s.flows.address}).write(s.cfg.DataDir)
		if err != nil {
			return err
		}
		defer func() { _ = errors.Join(os.Remove(runtimePath(s.cfg.DataDir)), running.Close()) }()
	}
	s.announce(out)
	select {
	case <-ctx.Done():
	case <-gctx.Done():
	}
	say(out, "Morket is stopping …\n")
	return s.stop(web, stop, group) //nolint:contextcheck // ctx has ended; the stop has a time of its own
}

func (s *server) stop(web *http.Server, end context.CancelFunc, group *errgroup.Group) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.StopWithin)
	defer cancel()
	s.beforeStop()
	requests, enough := context.WithTimeout(ctx, s.cfg.StopWithin/3) //nolint:mnd // a third for requests, half for the worker
	defer enough()
	if err := web.Shutdown(requests); err != nil {
		_ = web.Close() // what takes longer is cut
	}
	return errors.Join(s.accounts.close(ctx), s.end(end, group))
}

// end ends the roles.
func (s *server) end(end context.CancelFunc, group *errgroup.Group) error {
	end()
	err := group.Wait()
	s.flows.client.Close()
	s.bus.close(s.log)
	s.shared.close(s.log)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// readModelsPoll is how often a start looks whether the read models have been made, here or by another process.
const readModelsPoll = 50 * time.Millisecond

// awaitReadModels waits until every read model is there: a query before that would find no tables.
func (s *server) awaitReadModels(ctx context.Context) error {
	tick := time.NewTicker(readModelsPoll)
	defer tick.Stop()
	for _, r := range s.runners {
		for waited := 0; ; waited++ {
			_, made, err := s.read.Checkpoint(ctx, projections.LiveOf(r.Name()))
			if err != nil {
				return fmt.Errorf("look for the read model %s: %w", r.Name(), err)
			}
			if made {
				break
			}
			if waited%200 == 199 { //nolint:mnd // every ten seconds
				s.log.WarnContext(ctx, "waiting for a read model; does a process with the role projector run?", "projection", r.Name())
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (s *server) startRoles(ctx context.Context, group *errgroup.Group) error {
	if s.relay != nil {
		s.keeper.keep(ctx, group, "relay", s.relay.Run)
	}
	if s.does(config.RoleProjector) {
		for _, r := range s.runners {
			s.keeper.keep(ctx, group, "projection "+r.Name(), r.Run)
		}
		s.keeper.keep(ctx, group, "operations", s.operate.worker.Run)
		if b := s.operate.backups; b.shelf != nil && s.cfg.BackupEvery > 0 {
			s.keeper.keep(ctx, group, "backup schedule", func(ctx context.Context) error { return b.schedule(ctx, s.operate.handlers) })
		}
	}
	if s.does(config.RoleWorker) {
		for _, r := range s.reactors {
			s.keeper.keep(ctx, group, "reactor "+r.Location().Projection, r.Run)
		}
		s.keeper.keep(ctx, group, "objects", s.objects.sweep)
		s.keeper.keep(ctx, group, "webhooks", s.webhooks.worker.Run)
	}
	s.keeper.keep(ctx, group, "observer", s.observe)
	s.keeper.keep(ctx, group, "history", s.history.watch)
	if s.operate.backups.shelf != nil {
		s.keeper.keep(ctx, group, "backups", s.operate.backups.watch)
	}
	s.keeper.keep(ctx, group, "access log", s.access.Run)
	if s.cfg.MetricsAddr != "" {
		group.Go(func() error { return s.runMetrics(ctx) })
	}
	s.keeper.keep(ctx, group, "indexer", s.tables.indexer.Run)
	s.keeper.keep(ctx, group, "live streams", s.tables.hub.Run)
	s.keeper.keep(ctx, group, "change feed", s.feed.hub.Run)
	s.flows.run(ctx, s.Platform, group)
	return nil
}

func (s *server) announce(out io.Writer) {
	say(out, "\n  Morket is ready: %s\n  API documents:   %s/docs\n", s.cfg.PublicURL, s.cfg.PublicURL)
	if s.cfg.Demo() {
		say(out, "  Demo login:      %s / %s\n  (the demo login exists because the database is embedded and the address is this machine's own)\n", DemoEmail, DemoPassword)
	}
	if _, built := ui.Dist(); !built {
		say(out, "  The user interface is not built: make run builds it.\n")
	}
	say(out, "\n  Stop with Ctrl-C.\n")
}

// say writes for the person at the terminal; that nobody reads it is no fault.
func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
