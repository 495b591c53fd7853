// Package commentcmd carries out what people do about comments.
package commentcmd

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Places tells whether there is a row, or a cell, that can be written about. What isn't there is a kernel.KindNotFound error.
type Places interface {
	Find(ctx context.Context, ws kernel.WorkspaceID, at comment.Place) error
}

// Members tells the role of a user in a workspace, if there is one.
type Members interface {
	Role(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error)
}

// Counter counts the threads of a row.
type Counter interface {
	Threads(ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, row kernel.RowID) (int, error)
}

// Config is what the handlers need.
type Config struct {
	Store   eventstore.Store
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Persons auth.Sealer
	Places  Places
	Members Members
	Counter Counter
}

// Handlers carry out the commands.
type Handlers struct {
	cfg     Config
	threads *eventstore.Repo[*comment.Thread]
	seen    *eventstore.Repo[*comment.Seen]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if cfg.Store == nil || cfg.Codec == nil || cfg.IDs == nil || cfg.Clock == nil || cfg.Persons == nil || cfg.Places == nil ||
		cfg.Members == nil || cfg.Counter == nil {
		return nil, errors.New("commentcmd needs a store, codec, ids, clock, keys of persons, places, members and a counter")
	}
	return &Handlers{
		cfg:     cfg,
		threads: eventstore.NewRepo(comment.ThreadStream, cfg.Store, cfg.Codec, comment.NewThread),
		seen:    eventstore.NewRepo(comment.MentionStream, cfg.Store, cfg.Codec, comment.NewSeen),
	}, nil
}

// Written is the answer to a comment that was written or edited. The text stays with the comment: answers are kept in the log.
type Written struct {
	Thread kernel.ThreadID  `json:"thread_id"`
	ID     kernel.CommentID `json:"comment_id"`
	At     time.Time        `json:"at"`
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// Begin begins a thread.
type Begin struct {
	At   comment.Place
	Text string
}

// Begin carries out a Begin.
func (h *Handlers) Begin(ctx context.Context, meta kernel.Meta, c Begin) (commands.Result[Written], error) {
	e, err := h.added(ctx, meta, c.Text)
	if err != nil {
		return commands.Result[Written]{}, err
	}
	if err := h.cfg.Places.Find(ctx, meta.Workspace, c.At); err != nil {
		return commands.Result[Written]{}, err
	}
	switch n, err := h.cfg.Counter.Threads(ctx, meta.Workspace, c.At.Table, c.At.Row); {
	case err != nil:
		return commands.Result[Written]{}, err
	case n >= comment.MaxThreads:
		return commands.Result[Written]{}, kernel.E(kernel.KindConflict, "TOO_MANY_THREADS",
			"the row has %d threads of comments, the most there can be; reply to one of them", n)
	}
	e.Place, e.Thread = c.At, kernel.ThreadID(h.cfg.IDs.New(kernel.PrefixThread))
	out := Written{Thread: e.Thread, ID: e.ID, At: e.At}
	done, err := h.threads.Update(ctx, meta.As("comment.begin"), string(e.Thread), func(t *comment.Thread) (any, error) {
		return out, t.Begin(e)
	})
	return reply(done, out, err)
}

// In names a thread of a table.
type In struct {
	Table  kernel.TableID
	Thread kernel.ThreadID
}

// Reply adds a comment to a thread.
type Reply struct {
	In

	Text string
}

// Reply carries out a Reply.
func (h *Handlers) Reply(ctx context.Context, meta kernel.Meta, c Reply) (commands.Result[Written], error) {
	e, err := h.added(ctx, meta, c.Text)
	if err != nil {
		return commands.Result[Written]{}, err
	}
	e.Thread = c.Thread
	out := Written{Thread: c.Thread, ID: e.ID, At: e.At}
	return change(ctx, h, meta.As("comment.reply"), c.In, out, func(t *comment.Thread) error { return t.Reply(e) })
}

// Edit replaces the text of a comment.
type Edit struct {
	In

	ID   kernel.CommentID
	Text string
}

// Edit carries out an Edit.
func (h *Handlers) Edit(ctx context.Context, meta kernel.Meta, c Edit) (commands.Result[Written], error) {
	a, err := h.added(ctx, meta, c.Text)
	if err != nil {
		return commands.Result[Written]{}, err
	}
	e := comment.Edited{ID: c.ID, Sealed: a.Sealed, Mentions: a.Mentions, At: a.At}
	out := Written{Thread: c.Thread, ID: c.ID, At: e.At}
	return change(ctx, h, meta.As("comment.edit"), c.In, out, func(t *comment.Thread) error { return t.Edit(e, a.Author) })
}

// Delete takes a comment away. A moderator may delete those of others.
type Delete struct {
	In

	ID        kernel.CommentID
	Moderator bool
}

// Delete carries out a Delete.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, c Delete) (commands.Result[Nothing], error) {
	e := comment.Deleted{ID: c.ID, At: h.cfg.Clock.Now().UTC()}
	return change(ctx, h, meta.As("comment.delete"), c.In, Nothing{}, func(t *comment.Thread) error {
		return t.Delete(e, meta.Actor.User(), c.Moderator)
	})
}

// Resolve says that nothing more is to be done about a thread.
func (h *Handlers) Resolve(ctx context.Context, meta kernel.Meta, in In) (commands.Result[Nothing], error) {
	e := comment.Resolved{By: meta.Actor.User(), At: h.cfg.Clock.Now().UTC()}
	return change(ctx, h, meta.As("comment.resolve"), in, Nothing{}, func(t *comment.Thread) error { return t.Resolve(e) })
}

// Reopen takes that back.
func (h *Handlers) Reopen(ctx context.Context, meta kernel.Meta, in In) (commands.Result[Nothing], error) {
	e := comment.Reopened{By: meta.Actor.User(), At: h.cfg.Clock.Now().UTC()}
	return change(ctx, h, meta.As("comment.reopen"), in, Nothing{}, func(t *comment.Thread) error { return t.Reopen(e) })
}

// See says that the actor has seen what mentions them up to a position of the log.
func (h *Handlers) See(ctx context.Context, meta kernel.Meta, position int64) (commands.Result[Nothing], error) {
	e := comment.MentionsSeen{Workspace: meta.Workspace, User: meta.Actor.User(), Position: position}
	head, err := h.cfg.Store.Head(ctx)
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	if position < 0 || position > head {
		return commands.Result[Nothing]{}, kernel.Invalid("position", "must be a position of the log: that of the newest mention shown")
	}
	id := string(meta.Workspace) + "." + string(e.User)
	done, err := h.seen.Update(ctx, meta.As("comment.see"), id, func(s *comment.Seen) (any, error) { return Nothing{}, s.See(e) })
	return reply(done, Nothing{}, err)
}

// added makes what a text of the actor's says, without its place.
func (h *Handlers) added(ctx context.Context, meta kernel.Meta, text string) (comment.Added, error) {
	e := comment.Added{
		Workspace: meta.Workspace, ID: kernel.CommentID(h.cfg.IDs.New(kernel.PrefixComment)),
		Author: meta.Actor.User(), At: h.cfg.Clock.Now().UTC(),
	}
	if e.Author == "" {
		return e, kernel.E(kernel.KindForbidden, "FORBIDDEN", "a comment is a person's: sign in, or use an API key that a person has made")
	}
	text, people, err := comment.Read(text)
	if err != nil {
		return e, err
	}
	for _, p := range people {
		switch _, member, err := h.cfg.Members.Role(ctx, meta.Workspace, p); {
		case err != nil:
			return e, err
		case !member:
			return e, kernel.Invalid("text", "mentions %s, who is no member of the workspace", p)
		}
	}
	e.Mentions = people
	e.Sealed, err = h.cfg.Persons.Seal(ctx, auth.PersonKey(e.Author), []byte(text))
	return e, err
}

func change[R any](
	ctx context.Context, h *Handlers, meta kernel.Meta, in In, out R, fn func(*comment.Thread) error,
) (commands.Result[R], error) {
	missing := kernel.NotFound("thread", string(in.Thread))
	if kernel.ParseID(kernel.PrefixThread, string(in.Thread)) != nil {
		return commands.Result[R]{}, missing
	}
	done, err := h.threads.Update(ctx, meta, string(in.Thread), func(t *comment.Thread) (any, error) {
		if !t.In(meta.Workspace, in.Table) {
			return nil, missing
		}
		return out, fn(t)
	})
	return reply(done, out, err)
}

func reply[R any](done eventstore.Appended, out R, err error) (commands.Result[R], error) {
	if err != nil {
		return commands.Result[R]{}, err
	}
	return commands.Reply(done, out)
}
