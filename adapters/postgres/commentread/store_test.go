package commentread_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/commentread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/commentview"
)

const (
	ws       = kernel.WorkspaceID("ws_1")
	ada, bob = kernel.UserID("usr_1"), kernel.UserID("usr_2")
)

func cell() comment.Place { return comment.Place{Table: "tbl_1", Row: "row_1", Column: "col_1"} }

// world is a read model with two threads: Ada's about a cell, with Bob's answer, and Bob's about a row.
type world struct {
	*postgrestest.Harness

	t    *testing.T
	ring *vault.Ring
	q    *commentread.Queries
}

func row() comment.Place { return comment.Place{Table: "tbl_1", Row: "row_2"} }

const one, two = eventstore.StreamID("comment-thr_1"), eventstore.StreamID("comment-thr_2")

func newWorld(t *testing.T) *world {
	t.Helper()
	codec, err := eventstore.NewCodec(comment.Events(), table.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, commentview.New(codec, commentread.Open), commentread.Model())
	h.Meta.Workspace = ws
	w := &world{Harness: h, t: t, ring: vaulttest.Ring(t, h.Clock)}
	w.q = commentread.NewQueries(h.Pool, w.ring)
	said := func(thread kernel.ThreadID, id kernel.CommentID, at comment.Place, who kernel.UserID, text string, people ...kernel.UserID) comment.Added {
		return comment.Added{
			Place: at, Workspace: ws, Thread: thread, ID: id, Author: who, Sealed: w.seal(who, text), Mentions: people, At: h.Clock.Now(),
		}
	}
	h.Append(one, said("thr_1", "cmt_1", cell(), ada, "Is this right, Bob?", bob, ada), said("thr_1", "cmt_2", cell(), bob, "Yes"))
	h.Append(two, said("thr_2", "cmt_3", row(), bob, "About the row", ada))
	return w
}

func (w *world) seal(who kernel.UserID, text string) []byte {
	w.t.Helper()
	b, err := w.ring.Seal(w.t.Context(), auth.PersonKey(who), []byte(text))
	require.NoError(w.t, err)
	return b
}

func (w *world) threads(row kernel.RowID, resolved *bool) []commentview.Thread {
	w.t.Helper()
	list, more, err := w.q.Threads(w.t.Context(), ws, "tbl_1", row, resolved, "", 10)
	require.NoError(w.t, err)
	require.False(w.t, more)
	return list
}

func (w *world) marks() []commentview.Mark {
	w.t.Helper()
	list, err := w.q.Marks(w.t.Context(), ws, "tbl_1", "", "", 10)
	require.NoError(w.t, err)
	return list
}

func (w *world) mentions(who kernel.UserID) (ids []kernel.CommentID, unread int) {
	w.t.Helper()
	list, err := w.q.Mentions(w.t.Context(), ws, who, 1<<60, 10)
	require.NoError(w.t, err)
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	unread, _, err = w.q.Unread(w.t.Context(), ws, who, 100)
	require.NoError(w.t, err)
	return ids, unread
}

func TestThreadsAndMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.threads("", nil)
	require.Len(t, list, 2)
	require.Equal(t, kernel.ThreadID("thr_2"), list[0].ID, "newest first")
	require.Equal(t, "Is this right, Bob?", list[1].Comments[0].Text)
	require.Equal(t, cell(), list[1].Place)
	require.Len(t, w.threads("row_1", nil), 1)
	page, more, err := w.q.Threads(t.Context(), ws, "tbl_1", "", nil, "", 1)
	require.NoError(t, err)
	require.True(t, more)
	require.Len(t, page, 1)
	others, _, err := w.q.Threads(t.Context(), "ws_2", "tbl_1", "", nil, "", 10)
	require.NoError(t, err)
	require.Empty(t, others)

	require.Equal(t, []commentview.Mark{{Row: "row_1", Column: "col_1", Open: 1}, {Row: "row_2", Open: 1}}, w.marks())
	after, err := w.q.Marks(t.Context(), ws, "tbl_1", "row_1", "col_1", 10)
	require.NoError(t, err)
	require.Len(t, after, 1)

	w.Append(one, comment.Resolved{Place: cell(), Thread: "thr_1", By: bob, At: w.Clock.Now()})
	require.Equal(t, []commentview.Mark{{Row: "row_2", Open: 1}}, w.marks(), "resolved")
	is := true
	list = w.threads("", &is)
	require.Len(t, list, 1)
	require.Equal(t, bob, list[0].ResolvedBy)
	w.Append(two, comment.Deleted{Place: row(), Thread: "thr_2", ID: "cmt_3", At: w.Clock.Now()})
	require.Empty(t, w.marks(), "a thread goes with its last comment")
	w.Append(one, comment.Reopened{Place: cell(), Thread: "thr_1", By: ada, At: w.Clock.Now()})
	require.Len(t, w.marks(), 1)
	w.RequireRebuildable()
	w.Append(eventstore.Stream("table", "tbl_1"), table.ColumnPurged{TableID: "tbl_1", ColumnID: "col_1"})
	require.Empty(t, w.marks())
}

func TestMentions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids, unread := w.mentions(ada)
	require.Equal(t, []kernel.CommentID{"cmt_3"}, ids, "not what she wrote herself")
	require.Equal(t, 1, unread)
	ids, _ = w.mentions(bob)
	require.Equal(t, []kernel.CommentID{"cmt_1"}, ids)
	w.Append(eventstore.Stream("mentions", "ws_1.usr_1"), comment.MentionsSeen{Workspace: ws, User: ada, Position: 3})
	_, unread = w.mentions(ada)
	require.Zero(t, unread)

	w.Clock.Advance(time.Minute)
	at := w.Clock.Now()
	w.Append(one, comment.Edited{Place: cell(), Thread: "thr_1", ID: "cmt_2", Sealed: w.seal(bob, "No, Ada"), Mentions: []kernel.UserID{ada}, At: at},
		comment.Edited{Place: cell(), Thread: "thr_1", ID: "cmt_1", Sealed: w.seal(ada, "Is this right?"), At: at})
	ids, unread = w.mentions(ada)
	require.Equal(t, []kernel.CommentID{"cmt_2", "cmt_3"}, ids, "an edit can mention somebody")
	require.Equal(t, 1, unread)
	ids, _ = w.mentions(bob)
	require.Empty(t, ids)
	require.NotNil(t, w.threads("row_1", nil)[0].Comments[1].EditedAt)

	w.Append(eventstore.Stream("table", "tbl_1"), table.Trashed{TableID: "tbl_1"})
	ids, unread = w.mentions(ada)
	require.Empty(t, ids)
	require.Zero(t, unread)
	w.Append(eventstore.Stream("table", "tbl_1"), table.Restored{TableID: "tbl_1"})
	ids, _ = w.mentions(ada)
	require.Len(t, ids, 2)
	w.RequireRebuildable()
}

func TestATextIsErasedWithItsAuthorsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.ring.Destroy(t.Context(), auth.PersonKey(bob)))
	said := w.threads("row_1", nil)[0].Comments
	require.Equal(t, "Is this right, Bob?", said[0].Text)
	require.True(t, said[1].Erased)
	require.Empty(t, said[1].Text)
}

func TestCommentsGoWithTheirRowsAndTable(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(comment.Events(), table.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, commentview.New(codec, commentread.Open), commentread.Model())
	h.Meta.Workspace = ws
	counter := commentread.NewCounter(h.Pool)
	count := func(row kernel.RowID) int {
		n, err := counter.Threads(t.Context(), ws, "tbl_1", row)
		require.NoError(t, err)
		return n
	}
	for i, row := range []kernel.RowID{"row_1", "row_2"} {
		id := string(rune('1' + i))
		h.Append(eventstore.Stream("comment", "thr_"+id), comment.Added{
			Place: comment.Place{Table: "tbl_1", Row: row}, Workspace: ws, Thread: kernel.ThreadID("thr_" + id), ID: kernel.CommentID("cmt_" + id), Author: ada, Sealed: []byte("x"),
			At: h.Clock.Now(),
		})
	}
	h.Append(eventstore.Stream("cells", "tbl_1"), table.RowsPurged{TableID: "tbl_1", Rows: []kernel.RowID{"row_1"}})
	require.Zero(t, count("row_1"))
	require.Equal(t, 1, count("row_2"))
	h.Append(eventstore.Stream("table", "tbl_1"), table.Purged{TableID: "tbl_1"})
	require.Zero(t, count("row_2"))
	h.RequireRebuildable()
}
