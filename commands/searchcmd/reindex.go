package searchcmd

import (
	"context"
	"errors"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/eventstore"
)

// ReactorName names the reactor that makes the index anew.
const ReactorName = "search_reindex"

// Rebuilder makes the index anew while the old one serves, and returns the position of the log at which the new one took over.
type Rebuilder interface {
	Rebuild(ctx context.Context) (int64, error)
}

// Reindexer answers requests to make the index anew.
type Reindexer struct {
	handlers *Handlers
	codec    *eventstore.Codec
	index    Rebuilder
}

// NewReindexer makes the index anew with the rebuilder.
func NewReindexer(h *Handlers, codec *eventstore.Codec, index Rebuilder) *Reindexer {
	return &Reindexer{h, codec, index}
}

// Types are the events it answers.
func (*Reindexer) Types() []string { return []string{search.ReindexRequested{}.EventType()} }

// Handle answers a request, unless it has been answered or overtaken. A repeat after a crash begins again.
func (r *Reindexer) Handle(ctx context.Context, rec eventstore.Recorded) error {
	e, err := r.codec.Decode(rec)
	if err != nil {
		return err
	}
	req, ok := e.(search.ReindexRequested)
	if !ok {
		return kernel.UnknownEvent("search", e)
	}
	s, _, err := r.handlers.repo.Load(ctx, string(req.Workspace))
	if err != nil {
		return err
	}
	if !s.Reindexing(req.At) {
		return nil
	}
	position, err := r.index.Rebuild(ctx)
	if err != nil && (ctx.Err() != nil || kernel.KindOf(err) == kernel.KindUnavailable) {
		return err // it is tried again
	}
	out := search.ReindexFinished{Workspace: req.Workspace, Requested: req.At, Position: position, At: r.handlers.clock.Now().UTC()}
	if err != nil {
		out.Error = reason(err)
	}
	meta := kernel.Meta{Actor: kernel.System(), Workspace: req.Workspace, CausationID: string(rec.Stream), Command: "search.finish_reindex"}
	_, err = r.handlers.repo.Update(ctx, meta, string(req.Workspace), func(s *search.Searches) (any, error) {
		return Nothing{}, s.FinishReindex(out)
	})
	return err
}

// reason is what may be told of an error to the caller.
func reason(err error) string {
	var known *kernel.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "the index could not be made anew; the server's log says why"
}
