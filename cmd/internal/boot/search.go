package boot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/searchapi"
	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/savedsearchread"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/commands/searchcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// searchPace keeps small writes to OpenSearch apart: each makes a segment of its index.
const searchPace = 100 * time.Millisecond

// searchGather is how long a change waits for others that may change the same documents: each of them is written whole, with all its words.
const searchGather = time.Second

// openSearch has the search kept in OpenSearch when one is configured. It need not answer yet.
func (p *Platform) openSearch() error {
	if !p.cfg.OpenSearchURL.IsSet() {
		return nil
	}
	var err error
	if p.opensearch, err = opensearch.NewClient(p.cfg.OpenSearchURL.Reveal()); err != nil {
		return err
	}
	p.searchSide, err = sidestore.New(sidestore.Config{
		Base: p.read, Marks: postgres.NewMarks(p.pool).Of(p.presence.Models()), Engine: opensearch.NewEngine(p.opensearch), Name: "OpenSearch", Head: p.store.Head, History: p.history.ID,
		Clock: p.clock, Logger: p.log.With("part", "opensearch"), Pace: searchPace,
	})
	return err
}

// searchProjector keeps the search where it is configured to be.
func (p *Platform) searchProjector() projections.Projector {
	if p.opensearch != nil {
		return searchview.New(searchview.NameOpenSearch, p.codec, opensearch.Open)
	}
	return searchview.New(searchview.Name, p.codec, searchread.Open)
}

// searches finds rows of all tables.
type searches struct {
	searcher searchview.Searcher
	handlers *searchcmd.Handlers
}

func (p *Platform) searches() *searches {
	s := &searches{searcher: searchread.NewQueries(p.rows), handlers: searchcmd.NewHandlers(p.store, p.codec, p.ids, p.clock)}
	if p.opensearch != nil {
		s.searcher = opensearch.NewQueries(p.opensearch, p.searchSide)
	}
	return s
}

// flow returns the reactor that makes the index anew when it is asked to.
func (s *searches) flow(p *Platform) reaction {
	r := searchcmd.NewReindexer(s.handlers, p.codec, searchIndex{p})
	return reaction{name: searchcmd.ReactorName, types: r.Types(), handle: r.Handle}
}

func (p *Platform) registerSearch(a *httpapi.API, s *searches) {
	searchapi.Register(a, searchapi.Deps{
		Searcher: s.searcher, Projection: p.searchProjector().Name(), Saved: savedsearchread.NewQueries(p.rows), Handlers: s.handlers, Index: searchIndex{p},
	})
}

// searchDependency is what /readiness asks of the search.
func (p *Platform) searchDependency() []httpapi.Dependency {
	if p.opensearch == nil {
		return nil
	}
	return []httpapi.Dependency{{Name: "opensearch", Check: func(ctx context.Context) error {
		if err := p.opensearch.Check(ctx); err != nil {
			return err
		}
		return p.searchSide.Ready(ctx, searchview.NameOpenSearch)
	}}}
}

// searchIndex is the search's index as a whole.
type searchIndex struct{ *Platform }

// Rebuild implements searchcmd.Rebuilder.
func (p searchIndex) Rebuild(ctx context.Context) (int64, error) {
	done, err := projections.Rebuild(ctx, projections.RebuildConfig{RunnerConfig: p.runnerConfig(p.searchProjector()), Resume: true})
	if errors.Is(err, projections.ErrMoved) { // somebody else makes it anew already
		return 0, kernel.E(kernel.KindUnavailable, "REINDEX_RUNNING", "the index is being made anew already").Because(err)
	}
	return done.Position, err
}

// State implements searchapi.Index.
func (p searchIndex) State(ctx context.Context) (searchapi.IndexState, error) {
	pr := p.searchProjector()
	out := searchapi.IndexState{Engine: "postgres"}
	if p.opensearch != nil {
		out.Engine = "opensearch"
	}
	var err error
	if out.Head, err = p.store.Head(ctx); err != nil {
		return out, err
	}
	live, _, err := p.read.Checkpoint(ctx, projections.LiveOf(pr.Name()))
	if err != nil {
		return out, fmt.Errorf("read how the index stands: %w", err)
	}
	out.Position = live.Position
	next, rebuilding, err := p.read.Checkpoint(ctx, projections.Location{Projection: pr.Name(), Copy: projections.Next})
	if rebuilding {
		out.Rebuilding = &next.Position
	}
	return out, err
}
