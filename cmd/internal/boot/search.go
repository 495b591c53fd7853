package boot

import (
	"context"
	"errors"
	"fmt"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/searchapi"
	"github.com/morket/morket/adapters/pgread/savedsearchread"
	"github.com/morket/morket/adapters/pgread/searchread"
	"github.com/morket/morket/commands/searchcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
)

// searches finds rows of all tables.
type searches struct {
	searcher searchview.Searcher
	handlers *searchcmd.Handlers
}

func (p *Platform) searches() *searches {
	return &searches{
		searcher: searchread.NewQueries(p.pool),
		handlers: searchcmd.NewHandlers(p.store, p.codec, p.ids, p.clock),
	}
}

// flow returns the reactor that makes the index anew when it is asked to.
func (s *searches) flow(p *Platform) reaction {
	r := searchcmd.NewReindexer(s.handlers, p.codec, searchIndex{p})
	return reaction{name: searchcmd.ReactorName, types: r.Types(), handle: r.Handle}
}

func (p *Platform) registerSearch(a *httpapi.API, s *searches) {
	searchapi.Register(a, searchapi.Deps{Searcher: s.searcher, Saved: savedsearchread.NewQueries(p.pool), Handlers: s.handlers, Index: searchIndex{p}})
}

// searchIndex is the search's index as a whole.
type searchIndex struct{ *Platform }

// Rebuild implements searchcmd.Rebuilder.
func (p searchIndex) Rebuild(ctx context.Context) (int64, error) {
	for _, pr := range p.projectors() {
		if pr.Name() != searchview.Name {
			continue
		}
		done, err := projections.Rebuild(ctx, projections.RebuildConfig{RunnerConfig: p.runnerConfig(pr), Resume: true})
		if errors.Is(err, projections.ErrMoved) { // somebody else makes it anew already
			return 0, kernel.E(kernel.KindUnavailable, "REINDEX_RUNNING", "the index is being made anew already").Because(err)
		}
		return done.Position, err
	}
	return 0, fmt.Errorf("there is no projection %s", searchview.Name)
}

// State implements searchapi.Index.
func (p searchIndex) State(ctx context.Context) (searchapi.IndexState, error) {
	out := searchapi.IndexState{Engine: "postgres"}
	var err error
	if out.Head, err = p.store.Head(ctx); err != nil {
		return out, err
	}
	live, _, err := p.read.Checkpoint(ctx, projections.LiveOf(searchview.Name))
	if err != nil {
		return out, err
	}
	out.Position = live.Position
	next, rebuilding, err := p.read.Checkpoint(ctx, projections.Place{Projection: searchview.Name, Slot: projections.Next})
	if rebuilding {
		out.Rebuilding = &next.Position
	}
	return out, err
}
