package workspacecmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
)

// Invitation is an invitation as the team sees it. The token is in the mail, and in the link if there is one.
type Invitation struct {
	ID        kernel.InvitationID       `json:"id"`
	Email     string                    `json:"email"`
	Role      kernel.Role               `json:"role"`
	ExpiresAt time.Time                 `json:"expires_at"`
	State     workspace.InvitationState `json:"state" enum:"open,accepted,declined,revoked,expired"`
	// Link is for the person who invites, this once: it is neither stored nor answered again.
	Link string `json:"link,omitempty" doc:"Where no mail server is configured: the link to pass on, shown to a person who invites, this once."`
}

// Invite asks somebody by mail to join the meta's workspace.
type Invite struct {
	Email string
	Role  kernel.Role
	As    kernel.Role // the caller's role, for an API key
}

// Invite records the invitation and mails its link. An open invitation to the same address is taken back.
func (h *Handlers) Invite(ctx context.Context, meta kernel.Meta, cmd Invite) (commands.Result[Invitation], error) {
	email, err := auth.ParseEmail("email", cmd.Email)
	if err != nil {
		return commands.Result[Invitation]{}, err
	}
	if first, found, err := commands.Repeat[Invitation](ctx, h.cfg.Store, meta); found || err != nil {
		first.Value.Email = string(email) // a repeat is of the same request
		return first, err
	}
	token, err := h.cfg.Tokens.Mailed()
	if err != nil {
		return commands.Result[Invitation]{}, err
	}
	var name string
	res, err := eventstore.Retry(ctx, func(int) (res commands.Result[Invitation], err error) {
		res, name, err = h.inviteOnce(ctx, meta, email, cmd, token)
		return res, err
	})
	if err != nil || res.Replayed {
		return res, err
	}
	link := h.cfg.PublicURL + "/invitations/" + token
	if h.cfg.ShowLinks && meta.Actor.Kind == kernel.ActorUser {
		res.Value.Link = link
	}
	text := fmt.Sprintf("You are invited to work in %q on Morket, as %s.\n\nAccept or decline within 7 days:\n%s\n", name, cmd.Role, link)
	if err := h.cfg.Mailer.Send(ctx, string(email), "You are invited to "+name+" on Morket", text); err != nil {
		h.cfg.Logger.ErrorContext(ctx, "the mail of an invitation could not be sent", "invitation", res.Value.ID, "error", err)
	}
	return res, nil
}

func (h *Handlers) inviteOnce(
	ctx context.Context, meta kernel.Meta, email auth.Email, cmd Invite, token string,
) (commands.Result[Invitation], string, error) {
	var none commands.Result[Invitation]
	w, version, err := h.workspaces.Load(ctx, string(meta.Workspace))
	if err != nil {
		return none, "", err
	}
	if !w.Live() {
		return none, "", kernel.NotFound("workspace", string(meta.Workspace))
	}
	id := kernel.InvitationID(h.cfg.IDs.New(kernel.PrefixInvitation))
	hash := hashToken(token)
	sealed, err := h.cfg.Persons.Seal(ctx, workspace.InvitationKey(id), []byte(email))
	if err != nil {
		return none, "", err
	}
	to := address(string(email))
	to.Sealed = sealed
	if err := w.Invite(id, to, cmd.Role, callerRole(w, meta, cmd.As), hash, h.cfg.Clock.Now()); err != nil {
		return none, "", err
	}
	i, _ := w.Invitation(id)
	answer := Invitation{ID: id, Role: i.Role, ExpiresAt: i.ExpiresAt, State: i.State}
	req, err := h.workspaces.Append(meta.As("invite"), answer,
		eventstore.At(h.workspaces.Stream(string(meta.Workspace)), eventstore.Expected(version), w.Pending()...),
		eventstore.At(h.links.Stream(hash), eventstore.NoStream, workspace.InvitationLinked{Workspace: meta.Workspace, Invitation: id}))
	if err != nil {
		return none, "", err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return none, "", err
	}
	h.recent.Forget(meta.Workspace)
	res, err := commands.Reply(done, answer) // what is stored of it is without the address
	res.Value.Email = string(email)
	return res, w.Name(), err
}

func address(email string) workspace.Address {
	return workspace.Address{Email: email, Hash: auth.Email(email).Key()}
}

// RevokeInvitation takes an invitation of the meta's workspace back.
func (h *Handlers) RevokeInvitation(ctx context.Context, meta kernel.Meta, id kernel.InvitationID) (commands.Result[Done], error) {
	return update(ctx, h, meta.As("revoke-invitation"), func(w *workspace.Workspace) (Done, error) {
		return Done{}, w.RevokeInvitation(id)
	})
}

// PublicInvitation is an invitation as the holder of its token sees it.
type PublicInvitation struct {
	WorkspaceName string                    `json:"workspace_name"`
	Role          kernel.Role               `json:"role"`
	Email         string                    `json:"email"`
	State         workspace.InvitationState `json:"state" enum:"open,accepted,declined,revoked,expired"`
}

// LookAt shows the invitation that the token belongs to.
func (h *Handlers) LookAt(ctx context.Context, token string) (PublicInvitation, error) {
	w, i, err := h.byToken(ctx, token)
	if err != nil {
		return PublicInvitation{}, err
	}
	email, err := auth.OpenAddress(ctx, h.cfg.Persons, workspace.InvitationKey(i.ID), i.Sealed, i.Email)
	if err != nil {
		return PublicInvitation{}, err
	}
	return PublicInvitation{WorkspaceName: w.Name(), Role: i.Role, Email: email, State: i.StateAt(h.cfg.Clock.Now())}, nil
}

// Joined is the answer to an accepted invitation.
type Joined struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Name      string             `json:"name"`
	Role      kernel.Role        `json:"role"`
}

// Accept joins by a mailed token.
type Accept struct {
	Token string
	Email string // of the caller's account
}

// Accept makes the caller a member of the workspace that the token belongs to.
func (h *Handlers) Accept(ctx context.Context, meta kernel.Meta, cmd Accept) (commands.Result[Joined], error) {
	user, err := person(meta)
	if err != nil {
		return commands.Result[Joined]{}, err
	}
	found, i, err := h.byToken(ctx, cmd.Token)
	if err != nil {
		return commands.Result[Joined]{}, err
	}
	meta.Workspace = found.ID()
	return update(ctx, h, meta.As("accept-invitation"), func(w *workspace.Workspace) (Joined, error) {
		if err := w.Accept(i.ID, user, address(cmd.Email), h.cfg.IDs.New("mem"), h.cfg.Clock.Now()); err != nil {
			return Joined{}, err
		}
		m, _ := w.Member(user)
		return Joined{Workspace: w.ID(), Name: w.Name(), Role: m.Role}, nil
	})
}

// Decline ends the invitation that the token belongs to.
func (h *Handlers) Decline(ctx context.Context, meta kernel.Meta, token string) (commands.Result[Done], error) {
	found, i, err := h.byToken(ctx, token)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	meta.Workspace = found.ID()
	return update(ctx, h, meta.As("decline-invitation"), func(w *workspace.Workspace) (Done, error) {
		return Done{}, w.Decline(i.ID, h.cfg.Clock.Now())
	})
}

// byToken finds the invitation of a token. A workspace that is deleted has none.
func (h *Handlers) byToken(ctx context.Context, token string) (*workspace.Workspace, workspace.Invitation, error) {
	if _, err := hex.DecodeString(token); err != nil || len(token) != 64 {
		return nil, workspace.Invitation{}, kernel.NotFound("invitation", "")
	}
	link, _, err := h.links.Load(ctx, hashToken(token))
	if err != nil {
		return nil, workspace.Invitation{}, err
	}
	if link.To.Workspace == "" {
		return nil, workspace.Invitation{}, kernel.NotFound("invitation", "")
	}
	w, _, err := h.workspaces.Load(ctx, string(link.To.Workspace))
	if err != nil {
		return nil, workspace.Invitation{}, err
	}
	i, ok := w.Invitation(link.To.Invitation)
	if !ok || !w.Live() {
		return nil, workspace.Invitation{}, kernel.NotFound("invitation", "")
	}
	return w, i, nil
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
