package boot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// process is the roles of a process, ready to run.
type process struct {
	core    *core
	means   *means
	modules *modules
	parts   []parts
	keeper  *supervisor
	models  []string // the read models, by their projections' names
	tasks   []task
	api     *httpapi.API
}

func newProcess(ctx context.Context, p *Platform) (*process, error) {
	c := p.core
	s := &process{core: c, keeper: newSupervisor(c.log, c.clock)}
	var err error
	if s.means, err = newMeans(ctx, c); err != nil {
		return nil, err
	}
	if s.modules, err = newModules(ctx, p, s.means); err != nil {
		return nil, err
	}
	s.parts = s.modules.parts()
	if err := s.addRunners(p.views); err != nil {
		return nil, err
	}
	if err := s.addReactors(); err != nil {
		return nil, err
	}
	sources := telemetry.Sources{
		Log:         c.store,
		Pool:        c.pool,
		Projections: s.means.monitor,
		Disks:       newDisks(c.cfg).all,
		Engine:      s.modules.enrichments.engine,
		Drift:       s.modules.enrichments.reads,
	}
	sources.Backups = s.modules.operations.backups.metrics
	if a := s.modules.operations.archive; a != nil {
		sources.Archive = a.metrics
	}
	if c.does(config.RoleRelay) {
		r, err := newRelay(c, s.means.bus)
		if err != nil {
			return nil, err
		}
		sources.Relay = r
		s.add(task{name: "relay", role: config.RoleRelay, run: r.Run})
	}
	if err := s.addModules(); err != nil {
		return nil, err
	}
	for _, provider := range p.providers.Providers() {
		sources.Providers = append(sources.Providers, provider.Slug)
	}
	c.metrics.Providers(sources.Providers)
	c.metrics.Watch(sources)
	deps := dependencies(c, s.means, s.keeper, s.parts)
	s.api, err = newAPI(c, s.means, s.modules, deps) //nolint:contextcheck // requests bring their own contexts
	return s, err
}

func (s *process) add(tasks ...task) { s.tasks = append(s.tasks, tasks...) }

// addRunners adds what keeps the read models.
func (s *process) addRunners(v *views) error {
	for i, pr := range v.projectors() {
		cfg := v.runnerConfig(pr)
		cfg.Subscriber = s.means.bus.subscribe("projection." + pr.Name())
		r, err := projections.NewRunner(cfg)
		if err != nil {
			return err
		}
		s.models = append(s.models, r.Name())
		s.means.registry.Add(r)
		s.means.monitor.AddRunner(r, func() projections.RunnerConfig { return v.runnerConfig(v.projectors()[i]) })
		s.add(task{name: "projection " + r.Name(), role: config.RoleProjector, run: r.Run})
	}
	return nil
}

// addReactors adds what answers events.
func (s *process) addReactors() error {
	for _, p := range s.parts {
		for _, reaction := range p.reactions {
			r, err := newReactor(s.core, s.means.bus, reaction)
			if err != nil {
				return err
			}
			s.means.monitor.AddReactor(r)
			s.add(task{name: "reactor " + reaction.name, role: config.RoleWorker, run: r.Run})
		}
	}
	return nil
}

// addModules adds the modules' own tasks, and those that serve all of them.
func (s *process) addModules() error {
	var kinds []flow
	var sweeps []sweeper.Sweep
	for _, p := range s.parts {
		s.add(p.tasks...)
		kinds, sweeps = append(kinds, p.flows...), append(sweeps, p.sweeps...)
	}
	if err := s.means.flows.carry(kinds); err != nil {
		return err
	}
	clearing, err := newSweeper(s.core, sweeps)
	if err != nil {
		return err
	}
	s.add(
		task{name: "sweeper", role: config.RoleWorker, reads: true, run: clearing.Run},
		task{name: "reconciler", role: config.RoleWorker, reads: true, run: s.means.flows.again.Run},
		task{name: "history", run: s.core.history.watch},
	)
	return nil
}

// start begins the tasks of this process's roles: those that need no read model, or those that do.
func (s *process) start(ctx context.Context, group *errgroup.Group, reads bool) {
	for _, t := range s.tasks {
		if t.reads == reads && (t.role == "" || s.core.does(t.role)) {
			s.keeper.run(kernel.AsSystem(ctx, t.name), group, t.name, t.run)
		}
	}
}

// readModelsPoll is how often a start looks whether the read models have been made, here or by another process.
const readModelsPoll = 50 * time.Millisecond

// awaitReadModels waits until every read model is there: a query before that would find no tables.
func (s *process) awaitReadModels(ctx context.Context) error {
	tick := time.NewTicker(readModelsPoll)
	defer tick.Stop()
	for _, name := range s.models {
		for waited := 0; ; waited++ {
			_, made, err := s.core.read.Checkpoint(ctx, projections.LiveOf(name))
			if err != nil {
				return fmt.Errorf("look for the read model %s: %w", name, err)
			}
			if made {
				break
			}
			if waited%200 == 199 { //nolint:mnd // every ten seconds
				s.core.log.WarnContext(ctx, "waiting for a read model; does a process with the role projector run?", "projection", name)
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

// hangUp ends what would keep the web server from stopping.
func (s *process) hangUp() {
	for _, p := range slices.Backward(s.parts) {
		if p.hangUp != nil {
			p.hangUp()
		}
	}
}
