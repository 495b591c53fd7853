package comment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
)

func at() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func place() comment.Place { return comment.Place{Table: "tbl_1", Row: "row_1", Column: "col_1"} }

func added(id kernel.CommentID, author kernel.UserID) comment.Added {
	return comment.Added{Place: place(), Workspace: "ws_1", Thread: "thr_1", ID: id, Author: author, Sealed: []byte("x"), At: at()}
}

func begun(t *testing.T) *comment.Thread {
	t.Helper()
	th := comment.NewThread()
	require.NoError(t, th.Begin(added("cmt_1", "usr_1")))
	return th
}

func TestAThreadIsInOneTableOfOneWorkspaceWhileItHasComments(t *testing.T) {
	t.Parallel()
	th := begun(t)
	require.True(t, th.In("ws_1", "tbl_1"))
	require.False(t, th.In("ws_2", "tbl_1"))
	require.False(t, th.In("ws_1", "tbl_2"))
	require.False(t, comment.NewThread().In("", ""))
	require.NoError(t, th.Delete(comment.Deleted{ID: "cmt_1"}, "usr_1", false))
	require.False(t, th.In("ws_1", "tbl_1"))
}

func TestACommentIsItsAuthors(t *testing.T) {
	t.Parallel()
	th := begun(t)
	require.NoError(t, th.Edit(comment.Edited{ID: "cmt_1"}, "usr_1"))
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(th.Edit(comment.Edited{ID: "cmt_1"}, "usr_2")))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(th.Edit(comment.Edited{ID: "cmt_2"}, "usr_1")))
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(th.Delete(comment.Deleted{ID: "cmt_1"}, "usr_2", false)))
	require.NoError(t, th.Delete(comment.Deleted{ID: "cmt_1"}, "usr_2", true), "a moderator")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(th.Delete(comment.Deleted{ID: "cmt_1"}, "usr_1", true)))
}

func TestAReplyOpensAThreadAgain(t *testing.T) {
	t.Parallel()
	th := begun(t)
	require.NoError(t, th.Resolve(comment.Resolved{By: "usr_2", At: at()}))
	require.True(t, th.Resolved())
	n := len(th.Pending())
	require.NoError(t, th.Resolve(comment.Resolved{By: "usr_2", At: at()}))
	require.Len(t, th.Pending(), n, "again changes nothing")
	elsewhere := added("cmt_2", "usr_2")
	elsewhere.Place = comment.Place{Table: "tbl_9", Row: "row_9"}
	require.NoError(t, th.Reply(elsewhere))
	require.False(t, th.Resolved())
	require.Equal(t, place(), th.Place(), "a reply is where the thread is")
	require.NoError(t, th.Reopen(comment.Reopened{By: "usr_2", At: at()}))
}

func TestAThreadIsBounded(t *testing.T) {
	t.Parallel()
	th := begun(t)
	for i := range comment.MaxComments - 1 {
		require.NoError(t, th.Reply(added(kernel.CommentID(fmt.Sprint("cmt_x", i)), "usr_1")))
	}
	require.Equal(t, kernel.KindConflict, kernel.KindOf(th.Reply(added("cmt_more", "usr_1"))))
	require.NoError(t, th.Delete(comment.Deleted{ID: "cmt_1"}, "usr_1", false))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(th.Reply(added("cmt_more", "usr_1"))), "deleted ones count")
}

func TestWhatWasSeenOnlyMovesOn(t *testing.T) {
	t.Parallel()
	s := comment.NewSeen()
	require.NoError(t, s.See(comment.MentionsSeen{Position: 5}))
	require.NoError(t, s.See(comment.MentionsSeen{Position: 4}))
	require.NoError(t, s.See(comment.MentionsSeen{Position: 5}))
	require.Len(t, s.Pending(), 1)
}

func TestTextsAreReadAndBounded(t *testing.T) {
	t.Parallel()
	id := func(i int) string { return fmt.Sprintf("usr_01ARZ3NDEKTSV4RRFFQ69G%04d", i) }
	text, people, err := comment.Read("  Hi <@" + id(1) + ">, ask <@" + id(2) + "> and <@" + id(1) + ">\n<@usr_x> @ada ")
	require.NoError(t, err)
	require.Equal(t, "Hi <@"+id(1)+">, ask <@"+id(2)+"> and <@"+id(1)+">\n<@usr_x> @ada", text)
	require.Equal(t, []kernel.UserID{kernel.UserID(id(1)), kernel.UserID(id(2))}, people)

	var many strings.Builder
	for i := range comment.MaxMentions + 1 {
		many.WriteString("<@" + id(i) + ">")
	}
	for _, bad := range []string{"", " \n\t ", "a\x07b", strings.Repeat("ä", comment.MaxText+1), many.String()} {
		_, _, err := comment.Read(bad)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), "%.20q", bad)
	}
	_, _, err = comment.Read(strings.Repeat("ä", comment.MaxText))
	require.NoError(t, err)
}
