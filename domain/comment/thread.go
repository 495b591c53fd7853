package comment

import (
	"github.com/morket/morket/domain/kernel"
)

// Streams of the module.
const (
	ThreadStream  = "comment"  // of a thread, by its id
	MentionStream = "mentions" // of a person in a workspace, by both ids
)

// Limits of threads.
const (
	MaxComments = 100 // in a thread, those that were deleted among them
	MaxThreads  = 100 // of a row
)

// Thread is a thread of comments about a row or a cell.
type Thread struct {
	kernel.Root

	id        kernel.ThreadID
	workspace kernel.WorkspaceID
	place     Place
	authors   map[kernel.CommentID]kernel.UserID // of the comments that are there
	made      int
	resolved  bool
}

// NewThread returns a thread without comments.
func NewThread() *Thread { return &Thread{authors: map[kernel.CommentID]kernel.UserID{}} }

// Apply implements kernel.Aggregate.
func (t *Thread) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Added:
		t.id, t.workspace, t.place = e.Thread, e.Workspace, e.Place
		t.authors[e.ID] = e.Author
		t.made++
	case Edited:
	case Deleted:
		delete(t.authors, e.ID)
	case Resolved:
		t.resolved = true
	case Reopened:
		t.resolved = false
	default:
		return kernel.UnknownEvent("comment", e)
	}
	return nil
}

// Place returns what the thread is about.
func (t *Thread) Place() Place { return t.place }

// Resolved reports whether nothing more is to be done about it.
func (t *Thread) Resolved() bool { return t.resolved }

// In reports whether there is such a thread in a table of the workspace. What has lost all its comments isn't there any more.
func (t *Thread) In(ws kernel.WorkspaceID, table kernel.TableID) bool {
	return len(t.authors) > 0 && t.workspace == ws && t.place.Table == table
}

// Begin begins the thread with its first comment.
func (t *Thread) Begin(e Added) error { return t.Record(t, e) }

// Reply adds a comment, and opens a thread that was resolved, since there is more to say.
func (t *Thread) Reply(e Added) error {
	if t.made >= MaxComments {
		return kernel.E(kernel.KindConflict, "TOO_MANY_COMMENTS",
			"the thread has had %d comments, the most there can be; begin another one", MaxComments)
	}
	e.Place = t.place
	events := []kernel.Event{e}
	if t.resolved {
		events = append(events, Reopened{Place: t.place, Thread: t.id, By: e.Author, At: e.At})
	}
	return t.Record(t, events...)
}

// Edit replaces the text of a comment of the person's own.
func (t *Thread) Edit(e Edited, by kernel.UserID) error {
	author, ok := t.authors[e.ID]
	switch {
	case !ok:
		return kernel.NotFound("comment", string(e.ID))
	case author != by:
		return kernel.E(kernel.KindForbidden, "FORBIDDEN", "only its author may edit a comment; reply to it instead")
	}
	e.Place, e.Thread = t.place, t.id
	return t.Record(t, e)
}

// Delete takes a comment away, for its author or a moderator.
func (t *Thread) Delete(e Deleted, by kernel.UserID, moderator bool) error {
	author, ok := t.authors[e.ID]
	switch {
	case !ok:
		return kernel.NotFound("comment", string(e.ID))
	case author != by && !moderator:
		return kernel.E(kernel.KindForbidden, "FORBIDDEN", "only its author, an admin or an owner may delete a comment")
	}
	e.Place, e.Thread = t.place, t.id
	return t.Record(t, e)
}

// Resolve says that nothing more is to be done. Doing it again changes nothing.
func (t *Thread) Resolve(e Resolved) error {
	if t.resolved {
		return nil
	}
	e.Place, e.Thread = t.place, t.id
	return t.Record(t, e)
}

// Reopen takes that back. Doing it again changes nothing.
func (t *Thread) Reopen(e Reopened) error {
	if !t.resolved {
		return nil
	}
	e.Place, e.Thread = t.place, t.id
	return t.Record(t, e)
}

// Seen is how far a person has seen what mentions them in a workspace.
type Seen struct {
	kernel.Root

	position int64
}

// NewSeen returns a person who has seen nothing.
func NewSeen() *Seen { return &Seen{} }

// Apply implements kernel.Aggregate.
func (s *Seen) Apply(e kernel.Event) error {
	seen, ok := e.(MentionsSeen)
	if !ok {
		return kernel.UnknownEvent("mentions", e)
	}
	s.position = seen.Position
	return nil
}

// See moves the position on; it never goes back, so that two windows of one person can't make things unread again.
func (s *Seen) See(e MentionsSeen) error {
	if e.Position <= s.position {
		return nil
	}
	return s.Record(s, e)
}
