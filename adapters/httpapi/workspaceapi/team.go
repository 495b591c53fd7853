package workspaceapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/workspaceview"
)

type pageInput struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) members(ctx context.Context, p httpapi.Principal, in *pageInput) ([]workspaceview.Member, httpapi.Meta, error) {
	if err := cursor(kernel.PrefixUser, in.Cursor); err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, err := s.Reads.Members(ctx, p.Workspace, kernel.UserID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, meta := next(list, in.Limit, func(m workspaceview.Member) string { return string(m.UserID) })
	return list, meta, nil
}

type changeRoleInput struct {
	httpapi.InWorkspace
	UserID kernel.UserID `path:"userId" doc:"usr_…"`
	Body   ChangeRoleBody
}

// ChangeRoleBody is the body of change-member-role.
type ChangeRoleBody struct {
	Role kernel.Role `json:"role" doc:"owner, admin, member, viewer or billing_admin."`
}

func (s service) changeRole(ctx context.Context, meta kernel.Meta, in *changeRoleInput) (commands.Result[workspacecmd.MemberRole], error) {
	return s.Handlers.ChangeRole(ctx, meta, workspacecmd.ChangeRole{User: in.UserID, Role: in.Body.Role, As: httpapi.PrincipalOf(ctx).Role})
}

type memberInput struct {
	httpapi.InWorkspace
	UserID kernel.UserID `path:"userId" doc:"usr_…"`
}

func (s service) removeMember(ctx context.Context, meta kernel.Meta, in *memberInput) (commands.Result[workspacecmd.Done], error) {
	return s.Handlers.RemoveMember(ctx, meta, workspacecmd.RemoveMember{User: in.UserID, As: httpapi.PrincipalOf(ctx).Role})
}

type inviteInput struct {
	httpapi.InWorkspace
	Body InviteBody
}

// InviteBody is the body of invite-member.
type InviteBody struct {
	Email string      `json:"email"`
	Role  kernel.Role `json:"role" doc:"owner (by owners only), admin, member, viewer or billing_admin."`
}

func (s service) invite(ctx context.Context, meta kernel.Meta, in *inviteInput) (commands.Result[workspacecmd.Invitation], error) {
	return s.Handlers.Invite(ctx, meta, workspacecmd.Invite{Email: in.Body.Email, Role: in.Body.Role, As: httpapi.PrincipalOf(ctx).Role})
}

func (s service) invitations(ctx context.Context, p httpapi.Principal, in *pageInput) ([]workspacecmd.Invitation, httpapi.Meta, error) {
	if err := cursor(kernel.PrefixInvitation, in.Cursor); err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, err := s.Reads.Invitations(ctx, p.Workspace, kernel.InvitationID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, meta := next(list, in.Limit, func(i workspaceview.Invitation) string { return string(i.ID) })
	out := make([]workspacecmd.Invitation, len(list))
	for i, v := range list {
		now := workspace.Invitation{State: v.State, ExpiresAt: v.ExpiresAt}.StateAt(s.Clock.Now())
		out[i] = workspacecmd.Invitation{ID: v.ID, Email: v.Email, Role: v.Role, ExpiresAt: v.ExpiresAt, State: now}
	}
	return out, meta, nil
}

type invitationInput struct {
	httpapi.InWorkspace
	InvitationID kernel.InvitationID `path:"invitationId" doc:"inv_…"`
}

func (s service) revokeInvitation(ctx context.Context, meta kernel.Meta, in *invitationInput) (commands.Result[workspacecmd.Done], error) {
	return s.Handlers.RevokeInvitation(ctx, meta, in.InvitationID)
}

type tokenInput struct {
	Token string `path:"token" doc:"64 hexadecimal digits, from the mail."`
}

func (s service) lookAt(ctx context.Context, _ httpapi.Principal, in *tokenInput) (workspacecmd.PublicInvitation, httpapi.Meta, error) {
	i, err := s.Handlers.LookAt(ctx, in.Token)
	return i, httpapi.Meta{}, err
}

type acceptInput struct {
	Token string      `path:"token" doc:"64 hexadecimal digits, from the mail."`
	Body  *AcceptBody `required:"false"`
}

// AcceptBody is the body of accept-invitation for those without an account.
type AcceptBody struct {
	Name     string `json:"name,omitempty"`
	Password string `json:"password,omitempty" doc:"8 to 72 bytes, not easy to guess."`
}

// Accepted is the answer to an accepted invitation; SignedIn is there when the account was made now.
type Accepted struct {
	workspacecmd.Joined
	SignedIn *authapi.SignedIn `json:"signed_in,omitempty"`
}

// accept joins as the signed-in person. Without one it makes the account of the invited address and joins with it: the two
// are appends of their own, and if the second fails the person is signed in and accepts again.
func (s service) accept(ctx context.Context, meta kernel.Meta, in *acceptInput) (commands.Result[Accepted], error) {
	var none commands.Result[Accepted]
	if p := httpapi.PrincipalOf(ctx); p.User != "" {
		return s.join(ctx, meta, p.User, in.Token, nil)
	}
	if in.Body == nil || in.Body.Password == "" {
		return none, kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED",
			"sign in with the invited address, or send a name and a password to make an account")
	}
	invitation, err := s.Handlers.LookAt(ctx, in.Token)
	if err != nil {
		return none, err
	}
	if invitation.State != workspace.InvitationOpen && meta.IdempotencyKey == "" {
		return none, workspace.ErrInvitation(invitation.State)
	}
	made, err := s.Auth.Register(ctx, meta, authcmd.Register{Email: invitation.Email, Password: in.Body.Password, Name: in.Body.Name})
	if err != nil {
		return none, err
	}
	opened, err := s.Auth.Open(ctx, meta, made.Value.ID, httpapi.Echo(ctx).Request().UserAgent())
	if err != nil {
		return none, err
	}
	s.Cookies.Set(ctx, opened.Value)
	signedIn := authapi.SignedInOf(opened.Value)
	meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(made.Value.ID)}
	if meta.IdempotencyKey != "" {
		meta.IdempotencyKey += "/join"
	}
	res, err := s.join(ctx, meta, made.Value.ID, in.Token, &signedIn)
	res.Replayed = made.Replayed
	return res, err
}

func (s service) join(
	ctx context.Context, meta kernel.Meta, user kernel.UserID, token string, signedIn *authapi.SignedIn,
) (commands.Result[Accepted], error) {
	account, err := s.Auth.Account(ctx, user)
	if err != nil {
		return commands.Result[Accepted]{}, err
	}
	joined, err := s.Handlers.Accept(ctx, meta, workspacecmd.Accept{Token: token, Email: account.Email})
	if err != nil {
		return commands.Result[Accepted]{}, err
	}
	return commands.Result[Accepted]{Value: Accepted{joined.Value, signedIn}, Position: joined.Position, Replayed: joined.Replayed}, nil
}

func (s service) decline(ctx context.Context, meta kernel.Meta, in *tokenInput) (commands.Result[workspacecmd.Done], error) {
	return s.Handlers.Decline(ctx, meta, in.Token)
}
