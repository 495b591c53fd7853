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

// searchStore is where the search is kept: in OpenSearch when there is one, else in Postgres.
type searchStore struct {
	core   *core
	client *opensearch.Client // nil when it is kept in Postgres
	side   *sidestore.Store   // likewise
}

// openSearch has the search kept in OpenSearch when one is configured. It need not answer yet.
func openSearch(c *core) (*searchStore, error) {
	s := &searchStore{core: c}
	if !c.cfg.OpenSearchURL.IsSet() {
		return s, nil
	}
	var err error
	if s.client, err = opensearch.NewClient(c.cfg.OpenSearchURL.Reveal()); err != nil {
		return nil, err
	}
	s.side, err = sidestore.New(sidestore.Config{
		Base: c.read, Marks: postgres.NewMarks(c.pool).Of(c.presence.Models()), Engine: opensearch.NewEngine(s.client), Name: "OpenSearch",
		Head: c.store.Head, History: c.history.ID, Clock: c.clock, Logger: c.log.With("part", "opensearch"), Pace: searchPace,
	})
	return s, err
}

// projector keeps the search where it is configured to be.
func (s *searchStore) projector() projections.Projector {
	if s.client != nil {
		return searchview.New(searchview.NameOpenSearch, s.core.codec, opensearch.Open)
	}
	return searchview.New(searchview.Name, s.core.codec, searchread.Open)
}

// searches finds rows of all tables.
type searches struct {
	core     *core
	views    *views
	searcher searchview.Searcher
	handlers *searchcmd.Handlers
}

func newSearches(c *core, v *views) *searches {
	s := &searches{
		core:     c,
		views:    v,
		searcher: searchread.NewQueries(c.rows),
		handlers: searchcmd.NewHandlers(c.store, c.codec, c.ids, c.clock),
	}
	if v.search.client != nil {
		s.searcher = opensearch.NewQueries(v.search.client, v.search.side)
	}
	return s
}

func (s *searches) endpoints(a *httpapi.API) {
	searchapi.Register(a, searchapi.Deps{
		Searcher: s.searcher, Projection: s.views.search.projector().Name(), Saved: savedsearchread.NewQueries(s.core.rows), Handlers: s.handlers,
		Index: searchIndex{s.views},
	})
}

func (s *searches) parts() parts {
	again := searchcmd.NewReindexer(s.handlers, s.core.codec, searchIndex{s.views}) // when somebody asks for it
	return parts{
		reactions:    []reaction{{name: searchcmd.ReactorName, types: again.Types(), handle: again.Handle}},
		dependencies: s.views.search.dependencies(),
	}
}

// dependencies are what /readiness asks of the search.
func (s *searchStore) dependencies() []httpapi.Dependency {
	if s.client == nil {
		return nil
	}
	return []httpapi.Dependency{{Name: "opensearch", Check: func(ctx context.Context) error {
		if err := s.client.Check(ctx); err != nil {
			return err
		}
		return s.side.Ready(ctx, searchview.NameOpenSearch)
	}}}
}

// searchIndex is the search's index as a whole.
type searchIndex struct{ views *views }

// Rebuild implements searchcmd.Rebuilder.
func (x searchIndex) Rebuild(ctx context.Context) (int64, error) {
	done, err := projections.Rebuild(ctx, projections.RebuildConfig{
		RunnerConfig: x.views.runnerConfig(x.views.search.projector()),
		Resume:       true,
	})
	if errors.Is(err, projections.ErrMoved) { // somebody else makes it anew already
		return 0, kernel.E(kernel.KindUnavailable, "REINDEX_RUNNING", "the index is being made anew already").Because(err)
	}
	return done.Position, err
}

// State implements searchapi.Index.
func (x searchIndex) State(ctx context.Context) (searchapi.IndexState, error) {
	c, pr := x.views.core, x.views.search.projector()
	out := searchapi.IndexState{Engine: "postgres"}
	if x.views.search.client != nil {
		out.Engine = "opensearch"
	}
	var err error
	if out.Head, err = c.store.Head(ctx); err != nil {
		return out, err
	}
	live, _, err := c.read.Checkpoint(ctx, projections.LiveOf(pr.Name()))
	if err != nil {
		return out, fmt.Errorf("read how the index stands: %w", err)
	}
	out.Position = live.Position
	next, rebuilding, err := c.read.Checkpoint(ctx, projections.Location{Projection: pr.Name(), Copy: projections.Next})
	if rebuilding {
		out.Rebuilding = &next.Position
	}
	return out, err
}
