package commentcmd_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/commentcmd"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ws       = kernel.WorkspaceID("ws_1")
	ada      = kernel.UserID("usr_01ARZ3NDEKTSV4RRFFQ69G5ADA")
	bob      = kernel.UserID("usr_01ARZ3NDEKTSV4RRFFQ69G5B0B")
	stranger = kernel.UserID("usr_01ARZ3NDEKTSV4RRFFQ69G5FZZ")
)

// keys note whose key seals; what is sealed isn't what was said.
type keys struct{ subjects []string }

func (k *keys) Seal(_ context.Context, subject string, plain []byte) ([]byte, error) {
	k.subjects = append(k.subjects, subject)
	out := make([]byte, len(plain))
	for i, b := range plain {
		out[i] = ^b
	}
	return out, nil
}

type places map[comment.Place]bool

func (p places) Find(_ context.Context, in kernel.WorkspaceID, at comment.Place) error {
	if in != ws || !p[at] {
		return kernel.NotFound("row", string(at.Row))
	}
	return nil
}

type members []kernel.UserID

func (m members) Role(_ context.Context, in kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	for _, u := range m {
		if u == user && in == ws {
			return kernel.RoleMember, true, nil
		}
	}
	return "", false, nil
}

type counter int

func (c *counter) Threads(context.Context, kernel.WorkspaceID, kernel.TableID, kernel.RowID) (int, error) {
	return int(*c), nil
}

type world struct {
	*commentcmd.Handlers
	log   *memstore.Store
	keys  *keys
	count *counter
}

func cell() comment.Place { return comment.Place{Table: "tbl_1", Row: "row_1", Column: "col_1"} }

func newWorld(t *testing.T) world {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	w := world{log: memstore.New(clock), keys: &keys{}, count: new(counter)}
	codec, err := eventstore.NewCodec(comment.Events())
	require.NoError(t, err)
	w.Handlers, err = commentcmd.New(commentcmd.Config{
		Store: w.log, Codec: codec, IDs: kernel.NewIDs(clock), Clock: clock, Persons: w.keys, Places: places{cell(): true}, Members: members{ada, bob}, Counter: w.count,
	})
	require.NoError(t, err)
	return w
}

func by(user kernel.UserID) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(user)}, Workspace: ws}
}

func (w world) begin(t *testing.T, text string) commentcmd.Written {
	t.Helper()
	res, err := w.Begin(t.Context(), by(ada), commentcmd.Begin{At: cell(), Text: text})
	require.NoError(t, err)
	return res.Value
}

func TestATextIsSealedByItsAuthorsKeyAndInNoEventOrAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	meta := by(ada)
	meta.IdempotencyKey, meta.Fingerprint = "k", "f"
	_, err := w.Begin(t.Context(), meta, commentcmd.Begin{At: cell(), Text: "the secret words, <@" + string(bob) + ">"})
	require.NoError(t, err)
	require.Equal(t, []string{"user/" + string(ada)}, w.keys.subjects)
	events, err := w.log.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	all, err := json.Marshal(events)
	require.NoError(t, err)
	first, _, err := w.log.Command(t.Context(), "k")
	require.NoError(t, err)
	require.NotContains(t, string(all)+string(first.Result), "secret words")
	require.Contains(t, string(all), string(bob), "whom it mentions is known")
}

func TestCommentsAreWrittenWhereThereIsSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begin := func(at comment.Place, text string) error {
		_, err := w.Begin(t.Context(), by(ada), commentcmd.Begin{At: at, Text: text})
		return err
	}
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(begin(comment.Place{Table: "tbl_1", Row: "row_2"}, "x")))
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(begin(cell(), "Hi <@"+string(stranger)+">")), "no member")
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(begin(cell(), " ")))
	*w.count = comment.MaxThreads
	require.Equal(t, kernel.KindConflict, kernel.KindOf(begin(cell(), "one more")))
	robot := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}, Workspace: ws}
	_, err := w.Begin(t.Context(), robot, commentcmd.Begin{At: cell(), Text: "x"})
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(err), "nobody's")
}

func TestAThreadIsFoundInItsTableAndWorkspaceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.begin(t, "first")
	in := commentcmd.In{Table: cell().Table, Thread: one.Thread}
	_, err := w.Reply(t.Context(), by(bob), commentcmd.Reply{In: in, Text: "second"})
	require.NoError(t, err)
	elsewhere := by(bob)
	elsewhere.Workspace = "ws_2"
	for _, try := range []func() error{
		func() error { _, err := w.Resolve(t.Context(), elsewhere, in); return err },
		func() error {
			_, err := w.Resolve(t.Context(), by(bob), commentcmd.In{Table: "tbl_2", Thread: one.Thread})
			return err
		},
		func() error {
			_, err := w.Resolve(t.Context(), by(bob), commentcmd.In{Table: cell().Table, Thread: "thr_x"})
			return err
		},
	} {
		require.Equal(t, kernel.KindNotFound, kernel.KindOf(try()))
	}
	_, err = w.Edit(t.Context(), by(bob), commentcmd.Edit{In: in, ID: one.ID, Text: "mine now"})
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(err))
	_, err = w.Edit(t.Context(), by(ada), commentcmd.Edit{In: in, ID: one.ID, Text: "better"})
	require.NoError(t, err)
	_, err = w.Resolve(t.Context(), by(bob), in)
	require.NoError(t, err)
	_, err = w.Reopen(t.Context(), by(ada), in)
	require.NoError(t, err)
	_, err = w.Delete(t.Context(), by(bob), commentcmd.Delete{In: in, ID: one.ID})
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(err))
	_, err = w.Delete(t.Context(), by(bob), commentcmd.Delete{In: in, ID: one.ID, Moderator: true})
	require.NoError(t, err)
}

func TestWhatIsSeenIsInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.begin(t, "first")
	res, err := w.See(t.Context(), by(bob), 1)
	require.NoError(t, err)
	require.Positive(t, res.Position)
	for _, bad := range []int64{-1, 99} {
		_, err = w.See(t.Context(), by(bob), bad)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	}
	res, err = w.See(t.Context(), by(bob), 0)
	require.NoError(t, err)
	require.Zero(t, res.Position, "it never goes back")
}
