// Package comment is what people say about rows and cells of tables: threads of comments, and how far a person has seen what mentions
// them.
package comment

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Place is what a thread is about: a row, or a cell of it when it has a column.
type Place struct {
	Table  kernel.TableID  `json:"table_id"`
	Row    kernel.RowID    `json:"row_id"`
	Column kernel.ColumnID `json:"column_id,omitempty"`
}

// Added adds a comment to a thread; the first one begins it. Sealed is the text under the author's key.
type Added struct {
	Place

	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Thread    kernel.ThreadID    `json:"thread_id"`
	ID        kernel.CommentID   `json:"comment_id"`
	Author    kernel.UserID      `json:"author"`
	Sealed    []byte             `json:"sealed"`
	Mentions  []kernel.UserID    `json:"mentions,omitempty"`
	At        time.Time          `json:"at"`
}

// Edited replaces a comment's text.
type Edited struct {
	Place

	Thread   kernel.ThreadID  `json:"thread_id"`
	ID       kernel.CommentID `json:"comment_id"`
	Sealed   []byte           `json:"sealed"`
	Mentions []kernel.UserID  `json:"mentions,omitempty"`
	At       time.Time        `json:"at"`
}

// Deleted takes a comment away. The thread goes with its last one.
type Deleted struct {
	Place

	Thread kernel.ThreadID  `json:"thread_id"`
	ID     kernel.CommentID `json:"comment_id"`
	At     time.Time        `json:"at"`
}

// Resolved says that nothing more is to be done about a thread.
type Resolved struct {
	Place

	Thread kernel.ThreadID `json:"thread_id"`
	By     kernel.UserID   `json:"by"`
	At     time.Time       `json:"at"`
}

// Reopened takes that back.
type Reopened struct {
	Place

	Thread kernel.ThreadID `json:"thread_id"`
	By     kernel.UserID   `json:"by"`
	At     time.Time       `json:"at"`
}

// MentionsSeen says that a person has seen what mentions them up to a position of the log.
type MentionsSeen struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	User      kernel.UserID      `json:"user_id"`
	Position  int64              `json:"position"`
}

// EventType names the event.
func (Added) EventType() string { return "comment.added.v1" }

// EventType names the event.
func (Edited) EventType() string { return "comment.edited.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "comment.deleted.v1" }

// EventType names the event.
func (Resolved) EventType() string { return "comment.resolved.v1" }

// EventType names the event.
func (Reopened) EventType() string { return "comment.reopened.v1" }

// EventType names the event.
func (MentionsSeen) EventType() string { return "comment.mentions_seen.v1" }

// Events lists the module's events.
func Events() []kernel.Event {
	return []kernel.Event{Added{}, Edited{}, Deleted{}, Resolved{}, Reopened{}, MentionsSeen{}}
}
