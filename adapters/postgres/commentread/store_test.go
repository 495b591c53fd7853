package commentread_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/commentread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
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

var cell = comment.Place{Table: "tbl_1", Row: "row_1", Column: "col_1"}

func TestComments(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(comment.Events(), table.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, commentview.New(codec, commentread.Open), commentread.Model())
	h.Meta.Workspace = ws
	ring := vaulttest.Ring(t, h.Clock)
	q := commentread.NewQueries(h.Pool, ring)
	seal := func(who kernel.UserID, text string) []byte {
		b, err := ring.Seal(t.Context(), auth.PersonKey(who), []byte(text))
		require.NoError(t, err)
		return b
	}
	said := func(thread kernel.ThreadID, id kernel.CommentID, at comment.Place, who kernel.UserID, text string, people ...kernel.UserID) comment.Added {
		return comment.Added{Place: at, Workspace: ws, Thread: thread, ID: id, Author: who, Sealed: seal(who, text), Mentions: people, At: h.Clock.Now()}
	}
	one, two := eventstore.Stream("comment", "thr_1"), eventstore.Stream("comment", "thr_2")
	row := comment.Place{Table: "tbl_1", Row: "row_2"}
	h.Append(one, said("thr_1", "cmt_1", cell, ada, "Is this right, Bob?", bob, ada), said("thr_1", "cmt_2", cell, bob, "Yes"))
	h.Append(two, said("thr_2", "cmt_3", row, bob, "About the row", ada))

	list, more, err := q.Threads(t.Context(), ws, "tbl_1", "", nil, "", 10)
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, list, 2)
	require.Equal(t, kernel.ThreadID("thr_2"), list[0].ID, "newest first")
	require.Equal(t, "Is this right, Bob?", list[1].Comments[0].Text)
	require.Equal(t, cell, list[1].Place)
	list, more, err = q.Threads(t.Context(), ws, "tbl_1", "", nil, "", 1)
	require.NoError(t, err)
	require.True(t, more)
	require.Len(t, list, 1)
	list, _, err = q.Threads(t.Context(), ws, "tbl_1", "row_1", nil, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	list, _, err = q.Threads(t.Context(), "ws_2", "tbl_1", "", nil, "", 10)
	require.NoError(t, err)
	require.Empty(t, list)

	marks := func() []commentview.Mark {
		list, err := q.Marks(t.Context(), ws, "tbl_1", "", "", 10)
		require.NoError(t, err)
		return list
	}
	require.Equal(t, []commentview.Mark{{Row: "row_1", Column: "col_1", Open: 1}, {Row: "row_2", Open: 1}}, marks())
	after, err := q.Marks(t.Context(), ws, "tbl_1", "row_1", "col_1", 10)
	require.NoError(t, err)
	require.Len(t, after, 1)

	mentions := func(who kernel.UserID) (ids []kernel.CommentID, unread int) {
		list, err := q.Mentions(t.Context(), ws, who, 1<<60, 10)
		require.NoError(t, err)
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		unread, _, err = q.Unread(t.Context(), ws, who, 100)
		require.NoError(t, err)
		return ids, unread
	}
	ids, unread := mentions(ada)
	require.Equal(t, []kernel.CommentID{"cmt_3"}, ids, "not what she wrote herself")
	require.Equal(t, 1, unread)
	ids, _ = mentions(bob)
	require.Equal(t, []kernel.CommentID{"cmt_1"}, ids)
	seen := h.Append(eventstore.Stream("mentions", "ws_1.usr_1"), comment.MentionsSeen{Workspace: ws, User: ada, Position: 3})
	_, unread = mentions(ada)
	require.Zero(t, unread, "%v", seen)

	h.Clock.Advance(time.Minute)
	h.Append(one, comment.Edited{Place: cell, Thread: "thr_1", ID: "cmt_2", Sealed: seal(bob, "No, Ada"), Mentions: []kernel.UserID{ada}, At: h.Clock.Now()},
		comment.Edited{Place: cell, Thread: "thr_1", ID: "cmt_1", Sealed: seal(ada, "Is this right?"), At: h.Clock.Now()},
		comment.Resolved{Place: cell, Thread: "thr_1", By: bob, At: h.Clock.Now()})
	ids, unread = mentions(ada)
	require.Equal(t, []kernel.CommentID{"cmt_2", "cmt_3"}, ids, "an edit can mention somebody")
	require.Equal(t, 1, unread)
	ids, _ = mentions(bob)
	require.Empty(t, ids)
	require.Equal(t, []commentview.Mark{{Row: "row_2", Open: 1}}, marks(), "resolved")
	is := true
	list, _, err = q.Threads(t.Context(), ws, "tbl_1", "", &is, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, bob, list[0].ResolvedBy)
	require.NotNil(t, list[0].Comments[1].EditedAt)

	require.NoError(t, ring.Destroy(t.Context(), auth.PersonKey(bob)))
	list, _, err = q.Threads(t.Context(), ws, "tbl_1", "", &is, "", 10)
	require.NoError(t, err)
	require.True(t, list[0].Comments[1].Erased, "with its author's key")
	require.Empty(t, list[0].Comments[1].Text)

	h.Append(eventstore.Stream("table", "tbl_1"), table.Trashed{TableID: "tbl_1"})
	ids, unread = mentions(ada)
	require.Empty(t, ids)
	require.Zero(t, unread)
	h.Append(eventstore.Stream("table", "tbl_1"), table.Restored{TableID: "tbl_1"})
	ids, _ = mentions(ada)
	require.Len(t, ids, 2)

	h.Append(two, comment.Deleted{Place: row, Thread: "thr_2", ID: "cmt_3", At: h.Clock.Now()})
	require.Empty(t, marks(), "a thread goes with its last comment")
	h.Append(one, comment.Reopened{Place: cell, Thread: "thr_1", By: ada, At: h.Clock.Now()})
	require.Len(t, marks(), 1)
	h.RequireRebuildable()
	h.Append(eventstore.Stream("table", "tbl_1"), table.ColumnPurged{TableID: "tbl_1", ColumnID: "col_1"})
	require.Empty(t, marks())
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
