package boot

import (
	"context"
	"fmt"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// views are the read models, with where each is kept.
type views struct {
	core      *core
	analytics *analytics
	search    *searchStore
}

func openViews(c *core) (*views, error) {
	v := &views{core: c}
	var err error
	if v.analytics, err = openAnalytics(c); err != nil {
		return v, err
	}
	v.search, err = openSearch(c)
	return v, err
}

// sides are the stores beside Postgres, by their projections' names.
func (v *views) sides() map[string]*sidestore.Store {
	out := map[string]*sidestore.Store{}
	if v.analytics.side != nil {
		out[analyticsview.NameClickHouse] = v.analytics.side
	}
	if v.search.side != nil {
		out[searchview.NameOpenSearch] = v.search.side
	}
	return out
}

// A store beside Postgres is written to in larger batches.
const (
	sideEvents = 10_000
	sideBytes  = 16 << 20
)

// projectors keep the read models, one each.
func (v *views) projectors() []projections.Projector {
	return append(projectors(v.core.codec), v.analytics.projector, v.search.projector())
}

func (v *views) runnerConfig(pr projections.Projector) projections.RunnerConfig {
	c := v.core
	cfg := projections.RunnerConfig{
		Projector: pr,
		Log:       c.tail,
		Store:     c.read,
		Clock:     c.clock,
		Logger:    c.log.With("projection", pr.Name()),
		Follow:    c.tracing.Follow(),
		Ward:      c.projWard,
		Peers:     postgres.NewPeers(c.pool),
		Watch:     c.watch,
	}
	if side := v.sides()[pr.Name()]; side != nil {
		cfg.Store, cfg.Limits = side, projections.Limits{BatchEvents: sideEvents, BatchBytes: sideBytes}
	}
	if pr.Name() == searchview.Name {
		cfg.Limits = projections.Limits{Gather: searchGather, Yield: c.people.busy}
	}
	return cfg
}

// expand makes known which read models the process reads, adds what its queries need to those that an earlier version has made, and
// closes them to the product's role.
func (v *views) expand(ctx context.Context) error {
	versions := map[string]int{}
	for _, pr := range v.projectors() {
		versions[pr.Name()] = pr.Version()
	}
	if err := v.core.presence.Read(ctx, versions); err != nil { // before it is looked whether a later version has taken one over
		return err
	}
	for _, pr := range v.projectors() {
		if err := refuseNewer(ctx, v.core.read, pr); err != nil {
			return err
		}
		if err := v.core.read.Expand(ctx, pr.Name(), pr.Version()); err != nil {
			return err
		}
	}
	return v.core.read.Protect(ctx)
}

// refuseNewer refuses to start beside a read model that a later version has made: what it holds is not known here. Processes of this
// version that run when the later one takes over go on.
func refuseNewer(ctx context.Context, read *postgres.Store, pr projections.Projector) error {
	c, made, err := read.Checkpoint(ctx, projections.LiveOf(pr.Name()))
	if err != nil || !made || c.Version <= pr.Version() {
		return err
	}
	return fmt.Errorf("the read model %s was made by a later version of Morket (version %d, this one makes version %d): start that version, "+
		"or restore a backup from before the upgrade; nothing was changed", pr.Name(), c.Version, pr.Version())
}

// close leaves the stores beside Postgres.
func (v *views) close() {
	if v.analytics == nil {
		return
	}
	if err := v.analytics.close(); err != nil {
		v.core.log.Warn("close ClickHouse", "error", err)
	}
}
