package authapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/kernel"
)

// registerSecondFactor adds the endpoints of two-step sign-in. What is answered once is not stored, so they answer repeats themselves.
func (s service) registerSecondFactor(a *httpapi.API) {
	const path = "/auth/second-factor"
	httpapi.Read(a, httpapi.Op{
		ID: "get-second-factor", Method: http.MethodGet, Path: path, Tag: tag,
		Summary: "Whether one's own sign-in asks for a code, too", Scope: httpapi.Person, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.secondFactor)
	httpapi.Write(a, httpapi.Op{
		ID: "begin-second-factor", Method: http.MethodPost, Path: path, Tag: tag, Summary: "Get a secret for an authenticator app",
		Description: "It counts when confirm-second-factor is sent the app's first code within 15 minutes.",
		Rate:        httpapi.Auth, OwnReplay: true, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.beginSecondFactor)
	httpapi.Write(a, httpapi.Op{
		ID: "confirm-second-factor", Method: http.MethodPost, Path: path + "/confirm", Tag: tag,
		Summary: "Turn two-step sign-in on by the app's first code", Description: "The recovery codes are shown this once.",
		Rate: httpapi.Auth, OwnReplay: true, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.confirmSecondFactor)
	httpapi.Write(a, httpapi.Op{
		ID: "replace-recovery-codes", Method: http.MethodPost, Path: path + "/recovery-codes", Tag: tag,
		Summary: "Make new recovery codes; the old ones are good no longer", Description: "They are shown this once.",
		Rate: httpapi.Auth, OwnReplay: true, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.replaceRecoveryCodes)
	httpapi.Write(a, httpapi.Op{
		ID: "disable-second-factor", Method: http.MethodDelete, Path: path, Tag: tag, Summary: "Turn two-step sign-in off",
		Rate: httpapi.Auth, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.disableSecondFactor)
	httpapi.Write(a, httpapi.Op{
		ID: "reset-second-factor", Method: http.MethodPost, Path: "/admin/users/reset-second-factor", Tag: tag,
		Summary:     "Turn two-step sign-in off for a person who has lost the app and the recovery codes (operators)",
		Description: "The person is told by mail. Make sure first that it is the person who asks.",
		Rate:        httpapi.Admin, Scope: httpapi.Operator, Action: httpapi.NoAction,
	}, s.resetSecondFactor)
}

func (s service) secondFactor(ctx context.Context, p httpapi.Principal, _ *nothing) (authcmd.SecondFactor, httpapi.Meta, error) {
	on, err := s.Handlers.SecondFactor(ctx, p.User)
	return on, httpapi.Meta{}, err
}

type beginSecondFactorInput struct {
	Body BeginSecondFactorBody
}

// BeginSecondFactorBody is the body of begin-second-factor.
type BeginSecondFactorBody struct {
	Password string `json:"password" minLength:"1"`
}

// Enrolment is what an authenticator app needs.
type Enrolment struct {
	Secret  string `json:"secret" doc:"To type into an app that can't read the picture: base32, time-based, six digits, 30 seconds."`
	Link    string `json:"link" doc:"otpauth://…"`
	Picture []byte `json:"picture" doc:"The link as a QR code, PNG in base64."`
}

func (s service) beginSecondFactor(ctx context.Context, meta kernel.Meta, in *beginSecondFactorInput) (commands.Result[Enrolment], error) {
	res, err := s.Handlers.BeginSecondFactor(ctx, meta, in.Body.Password)
	return commands.Result[Enrolment]{Value: Enrolment(res.Value), Position: res.Position}, err
}

type confirmSecondFactorInput struct {
	Body ConfirmSecondFactorBody
}

// ConfirmSecondFactorBody is the body of confirm-second-factor.
type ConfirmSecondFactorBody struct {
	Code string `json:"code" maxLength:"64" doc:"Six digits, as the app shows them."`
}

// RecoveryCodes sign in when the app is not at hand, each once.
type RecoveryCodes struct {
	Codes []string `json:"recovery_codes"`
}

func (s service) confirmSecondFactor(
	ctx context.Context, meta kernel.Meta, in *confirmSecondFactorInput,
) (commands.Result[RecoveryCodes], error) {
	return shown(s.Handlers.ConfirmSecondFactor(ctx, meta, in.Body.Code))
}

func shown(res commands.Result[authcmd.Recovery], err error) (commands.Result[RecoveryCodes], error) {
	return commands.Result[RecoveryCodes]{Value: RecoveryCodes(res.Value), Position: res.Position}, err
}

type secondFactorInput struct {
	Body SecondFactorBody
}

// SecondFactorBody is what a sign-in asks for.
type SecondFactorBody struct {
	Password string `json:"password" minLength:"1"`
	Code     string `json:"code" maxLength:"64" doc:"Of the app, or a recovery code."`
}

func (s service) replaceRecoveryCodes(
	ctx context.Context, meta kernel.Meta, in *secondFactorInput,
) (commands.Result[RecoveryCodes], error) {
	return shown(s.Handlers.NewRecoveryCodes(ctx, meta, in.Body.Password, in.Body.Code))
}

func (s service) disableSecondFactor(ctx context.Context, meta kernel.Meta, in *secondFactorInput) (commands.Result[authcmd.Done], error) {
	return s.Handlers.DisableSecondFactor(ctx, meta, in.Body.Password, in.Body.Code)
}

type resetSecondFactorInput struct {
	Body ResetSecondFactorBody
}

// ResetSecondFactorBody is the body of reset-second-factor.
type ResetSecondFactorBody struct {
	Email string `json:"email" maxLength:"254"`
}

func (s service) resetSecondFactor(
	ctx context.Context, meta kernel.Meta, in *resetSecondFactorInput,
) (commands.Result[authcmd.Done], error) {
	return s.Handlers.ResetSecondFactor(ctx, meta, in.Body.Email)
}
