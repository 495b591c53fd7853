// Package commentview keeps threads of comments about rows and cells, and whom they mention.
package commentview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "comment"

// Thread is a thread with its comments, oldest first.
type Thread struct {
	comment.Place

	ID         kernel.ThreadID
	Resolved   bool
	ResolvedBy kernel.UserID // empty while it is open
	ResolvedAt *time.Time    // likewise
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Comments   []Comment
}

// Comment is one comment of a thread.
type Comment struct {
	ID        kernel.CommentID
	Author    kernel.UserID
	Text      string // empty when it is erased
	Erased    bool   // the author's key was destroyed
	CreatedAt time.Time
	EditedAt  *time.Time // nil if it never was
}

// Mark says how many open threads there are about a cell, or about a row as a whole.
type Mark struct {
	Row    kernel.RowID
	Column kernel.ColumnID // empty for the row
	Open   int
}

// Mention is a comment that mentions a person.
type Mention struct {
	comment.Place
	Comment

	Thread   kernel.ThreadID
	Position int64 // of the log, at which it came to mention the person
	Resolved bool
}

// Written is a comment on its way into the read model.
type Written struct {
	comment.Place

	Workspace kernel.WorkspaceID
	Thread    kernel.ThreadID
	ID        kernel.CommentID
	Author    kernel.UserID
	Sealed    []byte
	Mentions  []kernel.UserID
	Position  int64
	At        time.Time
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Add adds a comment, and its thread if it is the first one.
	Add(ctx context.Context, c Written) error
	// Edit replaces a comment's text and mentions. Who was mentioned before keeps the position of then.
	Edit(ctx context.Context, c Written) error
	// Delete removes a comment, and its thread if it was the last one.
	Delete(ctx context.Context, thread kernel.ThreadID, id kernel.CommentID) error
	// Resolve closes a thread, or opens it: by is empty then.
	Resolve(ctx context.Context, thread kernel.ThreadID, by kernel.UserID, at time.Time) error
	See(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID, position int64) error
	// Trash hides what is said about a table, or shows it again.
	Trash(ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, trashed bool) error
	// Purge removes what is said about a table, or only about some of its rows or one of its columns.
	Purge(ctx context.Context, table kernel.TableID, rows []kernel.RowID, column kernel.ColumnID) error
}

// Projector folds comments.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec, open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return kernel.EventTypes(append(comment.Events(), table.Trashed{}, table.Restored{}, table.Purged{},
		table.RowsPurged{}, table.ColumnPurged{})...)
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err == nil {
			err = apply(ctx, w, rec, e)
		}
		if err != nil {
			return fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, rec eventstore.Recorded, e kernel.Event) error {
	switch e := e.(type) {
	case comment.Added:
		return w.Add(ctx, Written{e.Place, rec.Workspace, e.Thread, e.ID, e.Author, e.Sealed, e.Mentions, rec.Position, e.At})
	case comment.Edited:
		return w.Edit(ctx, Written{e.Place, rec.Workspace, e.Thread, e.ID, "", e.Sealed, e.Mentions, rec.Position, e.At})
	case comment.Deleted:
		return w.Delete(ctx, e.Thread, e.ID)
	case comment.Resolved:
		return w.Resolve(ctx, e.Thread, e.By, e.At)
	case comment.Reopened:
		return w.Resolve(ctx, e.Thread, "", e.At)
	case comment.MentionsSeen:
		return w.See(ctx, rec.Workspace, e.User, e.Position)
	case table.Trashed:
		return w.Trash(ctx, rec.Workspace, e.TableID, true)
	case table.Restored:
		return w.Trash(ctx, rec.Workspace, e.TableID, false)
	case table.Purged:
		return w.Purge(ctx, e.TableID, nil, "")
	case table.RowsPurged:
		return w.Purge(ctx, e.TableID, append([]kernel.RowID{}, e.Rows...), "")
	case table.ColumnPurged:
		return w.Purge(ctx, e.TableID, nil, e.ColumnID)
	default:
		return kernel.UnknownEvent(Name, e)
	}
}
