package workspacecmd_test

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ann = kernel.UserID("usr_01JZZZZZZZZZZZZZZZZZZZZZZA")
	bob = kernel.UserID("usr_01JZZZZZZZZZZZZZZZZZZZZZZB")
	eve = kernel.UserID("usr_01JZZZZZZZZZZZZZZZZZZZZZZE")
)

// world is workspaces over a log in memory, and the mails that were sent.
type world struct {
	t     *testing.T
	clock *kernel.ManualClock
	log   *memstore.Store
	h     *workspacecmd.Handlers
	mails []string
	next  int
	ws    kernel.WorkspaceID
}

func (w *world) Send(_ context.Context, to, _, text string) error {
	w.mails = append(w.mails, to+"\n"+text)
	return nil
}

// Mailed makes tokens of 32 bytes that can be told apart.
func (w *world) Mailed() (string, error) {
	w.next++
	return strings.Repeat("0", 63) + string(rune('0'+w.next)), nil
}

// given is a workspace of Ann's.
func given(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	w.log = memstore.New(w.clock)
	codec, err := eventstore.NewCodec(workspace.Events())
	require.NoError(t, err)
	w.h, err = workspacecmd.New(workspacecmd.Config{
		Store: w.log, Codec: codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Mailer: w, Tokens: w,
		Persons: vaulttest.Ring(t, w.clock), PublicURL: "https://morket.example", ShowLinks: true,
	})
	require.NoError(t, err)
	made, err := w.h.Create(t.Context(), meta(ann), workspacecmd.Create{Name: "Acme"})
	require.NoError(t, err)
	w.ws = made.Value.ID
	return w
}

func meta(by kernel.UserID) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(by)}}
}

func (w *world) as(by kernel.UserID) kernel.Meta {
	m := meta(by)
	m.Workspace = w.ws
	return m
}

var link = regexp.MustCompile(`/invitations/([0-9a-f]{64})`)

// invited is the token in the mail to the address.
func (w *world) invited(by kernel.UserID, email string, role kernel.Role) string {
	w.t.Helper()
	_, err := w.h.Invite(w.t.Context(), w.as(by), workspacecmd.Invite{Email: email, Role: role})
	require.NoError(w.t, err)
	return link.FindStringSubmatch(w.mails[len(w.mails)-1])[1]
}

// joined makes somebody a member.
func (w *world) joined(user kernel.UserID, role kernel.Role) {
	w.t.Helper()
	email := strings.ToLower(string(user)) + "@example.com"
	_, err := w.h.Accept(w.t.Context(), meta(user), workspacecmd.Accept{Token: w.invited(ann, email, role), Email: email})
	require.NoError(w.t, err)
}

func (w *world) role(user kernel.UserID) kernel.Role {
	w.t.Helper()
	role, _, err := w.h.Role(w.t.Context(), w.ws, user)
	require.NoError(w.t, err)
	return role
}

// refused requires that nothing was appended and that the error is of the kind.
func (w *world) refused(kind kernel.Kind, do func() error) {
	w.t.Helper()
	before, err := w.log.Head(w.t.Context())
	require.NoError(w.t, err)
	err = do()
	require.Equal(w.t, kind, kernel.KindOf(err), "%v", err)
	after, err := w.log.Head(w.t.Context())
	require.NoError(w.t, err)
	require.Equal(w.t, before, after, "what is refused changes nothing")
}
