package authapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/authview"
)

type changePasswordInput struct {
	Body ChangePasswordBody
}

// ChangePasswordBody is the body of change-password.
type ChangePasswordBody struct {
	Current    string `json:"current_password" minLength:"1"`
	New        string `json:"new_password" doc:"8 to 72 bytes, not easy to guess."`
	RevokeKeys bool   `json:"revoke_api_keys,omitempty" doc:"Also revoke the API keys that one made, in every workspace."`
}

func (s service) changePassword(ctx context.Context, meta kernel.Meta, in *changePasswordInput) (commands.Result[authcmd.Done], error) {
	res, err := s.Handlers.ChangePassword(ctx, meta, authcmd.ChangePassword(in.Body))
	if err == nil {
		s.Cookies.Clear(ctx)
	}
	return res, err
}

type requestResetInput struct {
	Body RequestResetBody
}

// RequestResetBody is the body of request-password-reset.
type RequestResetBody struct {
	Email string `json:"email"`
}

func (s service) requestReset(ctx context.Context, meta kernel.Meta, in *requestResetInput) (commands.Result[authcmd.Done], error) {
	return s.Handlers.RequestReset(ctx, meta, in.Body.Email)
}

type confirmResetInput struct {
	Body ConfirmResetBody
}

// ConfirmResetBody is the body of confirm-password-reset.
type ConfirmResetBody struct {
	Token      string `json:"token" doc:"From the mail."`
	Password   string `json:"password" doc:"8 to 72 bytes, not easy to guess."`
	RevokeKeys bool   `json:"revoke_api_keys,omitempty" doc:"Also revoke the API keys that one made, in every workspace."`
}

func (s service) confirmReset(ctx context.Context, meta kernel.Meta, in *confirmResetInput) (commands.Result[authcmd.Done], error) {
	return s.Handlers.ResetPassword(ctx, meta, authcmd.ResetPassword(in.Body))
}

func (s service) sessions(ctx context.Context, p httpapi.Principal, _ *nothing) ([]authview.Session, httpapi.Meta, error) {
	if p.Session == "" {
		return nil, httpapi.Meta{}, kernel.E(kernel.KindForbidden, "FORBIDDEN", "an API key has no sessions")
	}
	list, err := s.Sessions.Sessions(ctx, p.User, s.Clock.Now())
	for i := range list {
		list[i].Current = list[i].ID == p.Session
	}
	return list, httpapi.Meta{}, err
}

type revokeSessionInput struct {
	SessionID kernel.SessionID `path:"sessionId" doc:"ses_…"`
}

func (s service) revokeSession(ctx context.Context, meta kernel.Meta, in *revokeSessionInput) (commands.Result[authcmd.Done], error) {
	return s.Handlers.RevokeSession(ctx, meta, in.SessionID)
}

func (s service) revokeOtherSessions(ctx context.Context, meta kernel.Meta, _ *nothing) (commands.Result[authcmd.Done], error) {
	return s.Handlers.RevokeOtherSessions(ctx, meta, httpapi.PrincipalOf(ctx).Session)
}
