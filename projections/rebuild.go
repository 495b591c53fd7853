package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
)

// RebuildConfig says what to rebuild or verify. The Subscriber is not used.
type RebuildConfig struct {
	RunnerConfig
	// Resume goes on with a rebuild of the same version that was cut short; else it begins at position 0.
	Resume bool
	// Compare tells in the result where the new tables differ from the live ones at the same position. Writers of the live
	// read model wait meanwhile.
	Compare bool
	// OnProgress is told the position now and then; may be nil.
	OnProgress func(position, target int64)
}

// Rebuilt is what a rebuild did.
type Rebuilt struct {
	Position int64        // at which the new read model went live
	Parked   []Parked     // streams with an event that could not be applied
	Differs  []Difference // of Compare
}

// Rebuild fills a new read model from the whole log while the live one serves and is kept up to date, and swaps them when
// the new one has come as far and no process reads the live one in an earlier form. ErrMoved means that somebody else is rebuilding the
// same projection.
func Rebuild(ctx context.Context, cfg RebuildConfig) (Rebuilt, error) {
	if err := cfg.Validate(); err != nil {
		return Rebuilt{}, err
	}
	op := watch.Begin(cfg.Watch, cfg.Clock, watch.Rebuild, "projection", cfg.Projector.Name(), "version", cfg.Projector.Version())
	out, err := rebuild(ctx, cfg)
	op.Count(out.Position, 0)
	op.Note("position", out.Position, "differences", len(out.Differs), "parked", len(out.Parked))
	op.EndWith(ctx, err)
	return out, err
}

func rebuild(ctx context.Context, cfg RebuildConfig) (Rebuilt, error) {
	var out Rebuilt
	b := newBuilder(cfg, Next)
	if err := b.begin(ctx); err != nil {
		return out, b.fail("rebuild", err)
	}
	live, err := b.target(ctx)
	if err == nil {
		err = b.build(ctx, live)
	}
	if err == nil {
		err = cfg.Store.Finish(ctx, b.location)
	}
	if s, ok := cfg.Store.(Settler); ok && err == nil {
		err = s.Settle(ctx, b.location)
	}
	if err == nil {
		live, err = b.target(ctx)
	}
	if err == nil { // what came in while the indexes were made; what is left then is little enough to hold the live one up for
		err = b.build(ctx, live)
	}
	if err == nil {
		err = b.awaitPeers(ctx)
	}
	if err != nil {
		return out, b.fail("rebuild", err)
	}
	swapped, err := cfg.Store.Swap(ctx, cfg.Projector.Name(), func(ctx context.Context, live Checkpoint) error {
		if err := b.build(ctx, live.Position); err != nil || !cfg.Compare || b.durable.Position != live.Position {
			return err
		}
		if out.Differs, err = compare(ctx, cfg.Store, live.Location, b.location); errors.Is(err, ErrUnsettled) {
			return fmt.Errorf("compare: %w; verify it once that is done", err)
		}
		return err
	})
	if err != nil {
		return out, b.fail("rebuild", err)
	}
	out.Position = swapped.Position
	out.Parked, err = cfg.Store.Parked(ctx, swapped.Location)
	return out, err
}

// builder fills a read model that isn't live.
type builder struct {
	*feed
	cfg RebuildConfig
}

func newBuilder(cfg RebuildConfig, which Copy) *builder {
	cfg.Limits = cfg.Limits.withDefaults()
	w := cfg.worker(Location{Projection: cfg.Projector.Name(), Copy: which})
	return &builder{feed: &feed{worker: w}, cfg: cfg}
}

func (b *builder) fail(what string, err error) error {
	return fmt.Errorf("%s %s at %d: %w", what, b.cfg.Projector.Name(), b.position, err)
}

// begin makes the location, or finds the one to go on with.
func (b *builder) begin(ctx context.Context) error {
	c, ok, err := b.store.Checkpoint(ctx, b.location)
	if err != nil {
		return err
	}
	if !ok || !b.cfg.Resume || c.Version != b.version {
		if _, err := b.store.Create(ctx, b.location, b.version); err != nil {
			return err
		}
	}
	if err := b.load(ctx); err != nil {
		return err
	}
	return b.beginCare(ctx)
}

// target returns how far the live read model has come, or the log if there is none.
func (b *builder) target(ctx context.Context) (int64, error) {
	c, ok, err := b.store.Checkpoint(ctx, LiveOf(b.cfg.Projector.Name()))
	if err != nil || ok {
		return c.Position, err
	}
	return b.log.Head(ctx)
}

// awaitPeers keeps the copy as far as the live one until no process reads that in the form of an earlier version. They are let alone for as
// long as one of them keeps it up to date; when it no longer moves, they are told to stop reading.
func (b *builder) awaitPeers(ctx context.Context) error {
	if b.cfg.Peers == nil {
		return nil
	}
	var seen Checkpoint
	var since time.Time
	for {
		behind, err := b.cfg.Peers.Behind(ctx, b.location.Projection, b.version)
		if err != nil || !behind {
			return err
		}
		live, ok, err := b.store.Checkpoint(ctx, LiveOf(b.location.Projection))
		if err != nil || !ok {
			return err
		}
		head, err := b.log.Head(ctx)
		if err != nil {
			return err
		}
		if now := b.clock.Now(); live != seen || live.Position >= head {
			seen, since = live, now
		} else if kernel.Passed(now, since, b.limits.Deserted) {
			if err := b.cfg.Peers.Announce(ctx, b.location); err != nil {
				return err
			}
		}
		if err := b.build(ctx, live.Position); err != nil {
			return err
		}
		if err := kernel.Pause(ctx, b.limits.PollMax); err != nil {
			return err
		}
	}
}

// build applies the log up to exactly the position, durably.
func (b *builder) build(ctx context.Context, until int64) error {
	if b.cfg.OnProgress != nil {
		defer b.follow(ctx, until)()
	}
	if until > b.position {
		if err := b.catchUp(ctx, until); err != nil {
			return err
		}
	}
	return b.flush(ctx, true)
}

// follow reports progress until the returned function is called.
func (b *builder) follow(ctx context.Context, until int64) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for kernel.Pause(ctx, b.limits.PollMax) == nil {
			b.cfg.OnProgress(b.progress.position(), until)
		}
	}()
	return func() {
		cancel()
		<-finished
	}
}

// Difference is a table that is not the same in two read models.
type Difference struct {
	Table         string
	Live, Rebuilt Checksum // zero when the table is missing
}

// Verified is what a verification found.
type Verified struct {
	Position int64    // at which the read models were compared
	Tables   []string // that were compared
	Differs  []Difference
	Parked   []Parked // streams that could not be applied to the copy
}

// Verify rebuilds the read model aside, up to where the live one is, compares them table by table, and drops the copy. The
// live one goes on meanwhile. Only one Verify of a projection can run at a time; ErrMoved says another one took over.
func Verify(ctx context.Context, cfg RebuildConfig) (Verified, error) {
	if err := cfg.Validate(); err != nil {
		return Verified{}, err
	}
	op := watch.Begin(cfg.Watch, cfg.Clock, watch.Verify, "projection", cfg.Projector.Name(), "version", cfg.Projector.Version())
	out, err := verify(ctx, cfg)
	op.Count(out.Position, 0)
	op.Note("position", out.Position, "differences", len(out.Differs), "parked", len(out.Parked))
	if err == nil && len(out.Differs) > 0 {
		op.End(ctx, watch.Failed, errDiffers)
	}
	op.EndWith(ctx, err)
	return out, err
}

// errDiffers is why a verification failed.
var errDiffers = errors.New("the live read model is not what the log says")

func verify(ctx context.Context, cfg RebuildConfig) (Verified, error) {
	var out Verified
	b := newBuilder(cfg, VerifyCopy)
	at, live, err := settled(ctx, cfg.Store, LiveOf(cfg.Projector.Name()))
	if err != nil {
		return out, b.fail("verify", err)
	}
	if at.Version != cfg.Projector.Version() {
		return out, fmt.Errorf("verify %s: the live read model has version %d, the projector %d", cfg.Projector.Name(), at.Version,
			cfg.Projector.Version())
	}
	if err := b.begin(ctx); err != nil {
		return out, b.fail("verify", err)
	}
	if err := b.build(ctx, at.Position); err != nil {
		return out, b.fail("verify", err)
	}
	_, rebuilt, err := settled(ctx, cfg.Store, b.location)
	if err != nil {
		return out, b.fail("verify", err)
	}
	out = Verified{Position: at.Position, Differs: differences(live, rebuilt)}
	for name := range live {
		out.Tables = append(out.Tables, name)
	}
	slices.Sort(out.Tables)
	if out.Parked, err = cfg.Store.Parked(ctx, b.location); err != nil {
		return out, b.fail("verify", err)
	}
	return out, cfg.Store.Drop(ctx, b.location)
}

// compare compares two locations that stand still.
func compare(ctx context.Context, store Store, live, rebuilt Location) ([]Difference, error) {
	_, a, err := store.Checksums(ctx, live)
	if err != nil {
		return nil, err
	}
	_, b, err := settled(ctx, store, rebuilt)
	return differences(a, b), err
}

func differences(live, rebuilt map[string]Checksum) []Difference {
	var out []Difference
	for name, sum := range live {
		if rebuilt[name] != sum {
			out = append(out, Difference{Table: name, Live: sum, Rebuilt: rebuilt[name]})
		}
	}
	for name, sum := range rebuilt {
		if _, ok := live[name]; !ok {
			out = append(out, Difference{Table: name, Rebuilt: sum})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		if a.Table < b.Table {
			return -1
		}
		return 1
	})
	return out
}
