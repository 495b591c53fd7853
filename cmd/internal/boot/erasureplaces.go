package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/webhookqueue"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// erasedPlaces are the places beside the log and the tables that may hold something of a person, in the order in which they are erased:
// what is made of the log comes before what is made of that.
func erasedPlaces(c *core, m *modules, v *views, b *bus) []erasurecmd.Store {
	var out []erasurecmd.Store
	for _, pr := range v.projectors() {
		out = append(out, modelPlace{core: c, views: v, projector: pr})
	}
	return append(out, momentPlace{m.tables.moments}, deliveryPlace{m.webhooks.queue}, filePlace{core: c, data: m.dataOps},
		samplePlace{m.workflows}, queuePlace{b}, spacePlace{c})
}

// modelPlace is a read model. It is made anew from the redacted log beside the one that serves, whose tables go with what they held.
type modelPlace struct {
	core      *core
	views     *views
	projector projections.Projector
}

// Place implements erasurecmd.Store.
func (p modelPlace) Place() string { return "read model " + p.projector.Name() }

// Derived implements erasurecmd.Derived.
func (modelPlace) Derived() {}

// Erase implements erasurecmd.Store. It answers how many of the redacted events the read model was made of.
func (p modelPlace) Erase(ctx context.Context, s *erasurecmd.Search) (n int64, err error) {
	redacted, err := p.core.store.Redacted(ctx, s.By)
	if err != nil {
		return 0, err
	}
	for _, t := range p.projector.Types() {
		n += redacted[t]
	}
	if n == 0 {
		if left, err := p.Verify(ctx, s); err != nil || left == 0 {
			return 0, err
		}
	}
	cfg := p.views.runnerConfig(p.projector)
	cfg.Log = p.core.store // the newest events are as they were before in the memory of the others
	_, err = projections.Rebuild(ctx, projections.RebuildConfig{
		RunnerConfig: cfg, OnProgress: func(position, _ int64) { s.Alive(fmt.Sprintf("%s at %d", p.Place(), position)) },
	})
	return n, err
}

// Verify implements erasurecmd.Store. A store beside Postgres can't be asked by hashes: what it has was made of the redacted log.
func (p modelPlace) Verify(ctx context.Context, s *erasurecmd.Search) (int64, error) {
	name := p.projector.Name()
	if p.views.sides()[name] != nil {
		return 0, nil
	}
	own := func(string) bool { return false }
	if name == gridview.Name {
		tables, err := gridread.TablesOf(ctx, p.core.pool, s.Workspace)
		if err != nil {
			return 0, err
		}
		own = func(t string) bool { return slices.Contains(tables, t) }
	}
	return postgres.Sift(ctx, p.core.pool, postgres.SchemaOf(projections.LiveOf(name)), s.Workspace, own, s.Mentions)
}

// momentPlace are the copies of tables as they were.
type momentPlace struct{ moments *gridread.Moments }

// Place implements erasurecmd.Store.
func (momentPlace) Place() string { return "tables as they were" }

// Derived implements erasurecmd.Derived.
func (momentPlace) Derived() {}

// Erase implements erasurecmd.Store. Rows of other tables may show what an erased one had, so all copies of the workspace go.
func (p momentPlace) Erase(ctx context.Context, s *erasurecmd.Search) (int64, error) {
	return p.moments.ForgetAll(ctx, s.Workspace)
}

// Verify implements erasurecmd.Store. A copy that is made while an erasure is under way is made of the log as it is then.
func (momentPlace) Verify(context.Context, *erasurecmd.Search) (int64, error) { return 0, nil }

// deliveryPlace is what receivers of webhooks have answered. What they are sent is read from the log.
type deliveryPlace struct{ queue *webhookqueue.Queue }

// Place implements erasurecmd.Store.
func (deliveryPlace) Place() string { return "webhook deliveries" }

// Erase implements erasurecmd.Store.
func (p deliveryPlace) Erase(ctx context.Context, s *erasurecmd.Search) (int64, error) {
	return p.queue.Said(ctx, s.Workspace, s.Mentions, true)
}

// Verify implements erasurecmd.Store.
func (p deliveryPlace) Verify(ctx context.Context, s *erasurecmd.Search) (int64, error) {
	return p.queue.Said(ctx, s.Workspace, s.Mentions, false)
}

// filePlace is the object store: uploads and pages that mention the person, and files that were made of tables.
type filePlace struct {
	core *core
	data *dataOps
}

// Place implements erasurecmd.Store.
func (filePlace) Place() string { return "files" }

// Erase implements erasurecmd.Store.
func (p filePlace) Erase(ctx context.Context, s *erasurecmd.Search) (n int64, err error) {
	exports, err := p.exported(ctx, s)
	if err != nil {
		return 0, err
	}
	meta := kernel.Meta{Actor: s.Actor, Workspace: s.Workspace, CorrelationID: string(s.Erasure)}
	for _, e := range exports {
		if _, err := p.data.exports.Cancel(ctx, meta.As("erase-export"), e.ID); err != nil {
			return n, err
		}
		n++
	}
	err = p.mentioning(ctx, s, func(key string) error {
		n++
		if _, id, ok := dataopscmd.UploadOf(key); ok {
			_, err := p.data.handlers.Cancel(ctx, meta.As("erase-upload"), dataopscmd.Cancel{ImportID: id})
			return err
		}
		return p.data.objects.store.Delete(ctx, key)
	})
	return n, err
}

// Verify implements erasurecmd.Store.
func (p filePlace) Verify(ctx context.Context, s *erasurecmd.Search) (int64, error) {
	exports, err := p.exported(ctx, s)
	if err != nil {
		return 0, err
	}
	n := int64(len(exports))
	err = p.mentioning(ctx, s, func(string) error { n++; return nil })
	return n, err
}

// exported are files that were made of tables before the erasure was confirmed; they live for a day, so all of them go.
func (p filePlace) exported(ctx context.Context, s *erasurecmd.Search) ([]dataops.Export, error) {
	list, err := p.data.exports.List(ctx, s.Workspace)
	return slices.DeleteFunc(list, func(e dataops.Export) bool {
		at, err := kernel.IDTime(string(e.ID))
		return !e.Live() || err == nil && !s.Since.IsZero() && at.After(s.Since)
	}), err
}

// mentioning calls fn with the keys of uploads that are still needed and of pages that mention the person.
func (p filePlace) mentioning(ctx context.Context, s *erasurecmd.Search, fn func(key string) error) error {
	var keys []string
	err := p.data.objects.store.List(ctx, func(key string) error {
		if strings.HasPrefix(key, "uploads/"+string(s.Workspace)+"/") || strings.HasPrefix(key, "pages/"+string(s.Workspace)+"/") {
			keys = append(keys, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		found, err := p.mentions(ctx, s, key)
		if err != nil {
			return err
		}
		if found {
			err = fn(key)
		}
		if err != nil {
			return err
		}
		s.Alive(key)
	}
	return nil
}

func (p filePlace) mentions(ctx context.Context, s *erasurecmd.Search, key string) (bool, error) {
	if _, id, ok := dataopscmd.UploadOf(key); ok {
		return p.data.handlers.Mentions(ctx, s.Workspace, id, s.Mentions)
	}
	month, err := time.Parse("200601", strings.Split(key, "/")[2])
	if err != nil {
		return false, nil //nolint:nilerr // it is no page
	}
	r, err := p.data.objects.store.Open(ctx, key, 0)
	if err != nil {
		if kernel.KindOf(err) == kernel.KindNotFound {
			return false, nil
		}
		return false, err
	}
	sealed, err := io.ReadAll(io.LimitReader(r, maxPage))
	if err = errors.Join(err, r.Close()); err != nil {
		return false, err
	}
	text, ok, err := p.core.ring.Open(ctx, scrape.KeysOf(s.Workspace, month), sealed)
	return ok && s.Mentions(string(text)), err
}

// maxPage bounds what is read of a page.
const maxPage = 16 << 20
