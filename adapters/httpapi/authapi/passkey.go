package authapi

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// registerPasskeys adds the endpoints of passkeys. To begin a sign-in is no attempt at one and stores nothing, so it counts as a general
// request: each page of signing in does. Bytes are base64url without padding, as browsers write them (WebAuthn Level 3, 5.1).
func (s service) registerPasskeys(a *httpapi.API) {
	const path, own = "/auth/passkeys", "/auth/passkeys/{passkeyId}"
	httpapi.Read(a, httpapi.Op{
		ID: "list-passkeys", Method: http.MethodGet, Path: path, Tag: tag,
		Summary: "One's own passkeys, oldest first", Scope: httpapi.Person, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.passkeys)
	httpapi.Write(a, httpapi.Op{
		ID: "begin-passkey", Method: http.MethodPost, Path: path + "/begin", Tag: tag, Summary: "Get what a browser needs to make a passkey",
		Description: "Needs the password, and a code where two-step sign-in is on. It counts when add-passkey is sent the answer " +
			"within 10 minutes.",
		Rate: httpapi.Auth, OwnReplay: true, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.beginPasskey)
	httpapi.Write(a, httpapi.Op{
		ID: "add-passkey", Method: http.MethodPost, Path: path, Tag: tag, Status: http.StatusCreated,
		Summary: "Let a passkey that the browser has made sign in", Description: "An attempt is taken once. The person is told by mail.",
		Rate: httpapi.Auth, OwnReplay: true, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.addPasskey)
	httpapi.Write(a, httpapi.Op{
		ID: "rename-passkey", Method: http.MethodPatch, Path: own, Tag: tag, Summary: "Rename one of one's own passkeys",
		Rate: httpapi.General, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.renamePasskey)
	httpapi.Write(a, httpapi.Op{
		ID: "remove-passkey", Method: http.MethodDelete, Path: own, Tag: tag, Summary: "Remove one of one's own passkeys",
		Rate: httpapi.Auth, Scope: httpapi.Person, Action: httpapi.NoAction,
	}, s.removePasskey)
	httpapi.Write(a, httpapi.Op{
		ID: "begin-passkey-sign-in", Method: http.MethodPost, Path: "/auth/passkey-sign-in/begin", Tag: tag,
		Summary:     "Get what a browser needs to show a passkey",
		Description: "For passkey-sign-in, or for login in the place of a code. Good once, for 10 minutes.",
		Rate:        httpapi.General, OwnReplay: true, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.beginPasskeySignIn)
	httpapi.Write(a, httpapi.Op{
		ID: "passkey-sign-in", Method: http.MethodPost, Path: "/auth/passkey-sign-in", Tag: tag, Summary: "Sign in by a passkey alone",
		Description: "Sets the refresh token as login does. No code is asked for: the device has verified its person.",
		Rate:        httpapi.Auth, OwnReplay: true, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.passkeySignIn)
}

func (s service) passkeys(ctx context.Context, p httpapi.Principal, _ *nothing) (authcmd.OwnPasskeys, httpapi.Meta, error) {
	own, err := s.Handlers.Passkeys(ctx, p.User)
	return own, httpapi.Meta{}, err
}

type beginPasskeyInput struct {
	Body BeginPasskeyBody
}

// BeginPasskeyBody is the body of begin-passkey.
type BeginPasskeyBody struct {
	Password string `json:"password" minLength:"1"`
	Code     string `json:"code,omitempty" maxLength:"64" doc:"Of the authenticator app, or a recovery code. Needed where two-step sign-in is on."`
}

// PasskeyOffer is what a browser needs to make a passkey: the members of PublicKeyCredentialCreationOptions. The passkey has to be
// discoverable, and the device has to verify its person.
type PasskeyOffer struct {
	Attempt     string               `json:"attempt" doc:"To be sent with the answer."`
	Challenge   string               `json:"challenge" doc:"base64url"`
	Domain      string               `json:"domain" doc:"RP ID"`
	UserHandle  string               `json:"user_handle" doc:"base64url"`
	Email       string               `json:"email"`
	Name        string               `json:"name"`
	Algorithms  []int64              `json:"algorithms" doc:"COSE, the best first."`
	Exclude     []PasskeyDescription `json:"exclude" doc:"Passkeys that the account has."`
	TimeoutMsec int64                `json:"timeout_ms"`
}

// PasskeyDescription names a passkey to a browser.
type PasskeyDescription struct {
	CredentialID string   `json:"credential_id" doc:"base64url"`
	Transports   []string `json:"transports"`
}

func (s service) beginPasskey(ctx context.Context, meta kernel.Meta, in *beginPasskeyInput) (commands.Result[PasskeyOffer], error) {
	o, err := s.Handlers.BeginPasskey(ctx, meta, in.Body.Password, in.Body.Code)
	if err != nil {
		return commands.Result[PasskeyOffer]{}, err
	}
	out := PasskeyOffer{
		Attempt: o.Attempt, Challenge: text(o.Challenge), Domain: o.Domain, UserHandle: text(o.User), Email: o.Email, Name: o.Name,
		Algorithms: o.Algorithms, Exclude: []PasskeyDescription{}, TimeoutMsec: o.Life.Milliseconds(),
	}
	for _, c := range o.Exclude {
		out.Exclude = append(out.Exclude, PasskeyDescription{text(c.ID), append([]string{}, c.Transports...)})
	}
	return commands.Result[PasskeyOffer]{Value: out}, nil
}

type addPasskeyInput struct {
	Body AddPasskeyBody
}

// AddPasskeyBody is what a browser answers when it has made a passkey.
type AddPasskeyBody struct {
	Attempt      string   `json:"attempt" maxLength:"200"`
	Name         string   `json:"name" maxLength:"100"`
	CredentialID string   `json:"credential_id" minLength:"2" maxLength:"1364" pattern:"^[A-Za-z0-9_-]+$" doc:"base64url"`
	ClientData   string   `json:"client_data" minLength:"2" maxLength:"5462" pattern:"^[A-Za-z0-9_-]+$" doc:"clientDataJSON in base64url."`
	Attestation  string   `json:"attestation" minLength:"2" maxLength:"5462" pattern:"^[A-Za-z0-9_-]+$" doc:"attestationObject in base64url."`
	Transports   []string `json:"transports,omitempty" maxItems:"10" doc:"From getTransports()."`
}

func (s service) addPasskey(ctx context.Context, meta kernel.Meta, in *addPasskeyInput) (commands.Result[authcmd.Passkey], error) {
	var r reader
	m := auth.MadePasskey{
		ID: r.bytes("credential_id", in.Body.CredentialID), ClientData: r.bytes("client_data", in.Body.ClientData),
		Attestation: r.bytes("attestation", in.Body.Attestation), Transports: in.Body.Transports,
	}
	if r.err != nil {
		return commands.Result[authcmd.Passkey]{}, r.err
	}
	return s.Handlers.AddPasskey(ctx, meta, authcmd.AddPasskey{Attempt: in.Body.Attempt, Name: in.Body.Name, Made: m})
}

type renamePasskeyInput struct {
	PasskeyID kernel.PasskeyID `path:"passkeyId" doc:"pky_…"`
	Body      RenamePasskeyBody
}

// RenamePasskeyBody is the body of rename-passkey.
type RenamePasskeyBody struct {
	Name string `json:"name" maxLength:"100"`
}

func (s service) renamePasskey(ctx context.Context, meta kernel.Meta, in *renamePasskeyInput) (commands.Result[authcmd.Done], error) {
	return s.Handlers.RenamePasskey(ctx, meta, in.PasskeyID, in.Body.Name)
}

type removePasskeyInput struct {
	PasskeyID kernel.PasskeyID `path:"passkeyId" doc:"pky_…"`
	Body      RemovePasskeyBody
}

// RemovePasskeyBody is the body of remove-passkey.
type RemovePasskeyBody struct {
	Password string `json:"password" minLength:"1"`
}

func (s service) removePasskey(ctx context.Context, meta kernel.Meta, in *removePasskeyInput) (commands.Result[authcmd.Done], error) {
	return s.Handlers.RemovePasskey(ctx, meta, in.PasskeyID, in.Body.Password)
}

// PasskeyRequest is what a browser needs to show a passkey: the members of PublicKeyCredentialRequestOptions. The device has to verify its
// person.
type PasskeyRequest struct {
	Attempt     string `json:"attempt" doc:"To be sent with the answer."`
	Challenge   string `json:"challenge" doc:"base64url"`
	Domain      string `json:"domain" doc:"RP ID"`
	TimeoutMsec int64  `json:"timeout_ms"`
}

func (s service) beginPasskeySignIn(context.Context, kernel.Meta, *nothing) (commands.Result[PasskeyRequest], error) {
	r, err := s.Handlers.BeginPasskeySignIn()
	return commands.Result[PasskeyRequest]{Value: PasskeyRequest{
		Attempt: r.Attempt, Challenge: text(r.Challenge), Domain: r.Domain, TimeoutMsec: auth.CeremonyLife.Milliseconds(),
	}}, err
}

type passkeySignInInput struct {
	Body PasskeyAnswer
}

// PasskeyAnswer is what a browser answers when it shows a passkey.
type PasskeyAnswer struct {
	Attempt           string `json:"attempt" maxLength:"200"`
	CredentialID      string `json:"credential_id" minLength:"2" maxLength:"1364" pattern:"^[A-Za-z0-9_-]+$" doc:"base64url"`
	UserHandle        string `json:"user_handle" minLength:"2" maxLength:"86" pattern:"^[A-Za-z0-9_-]+$" doc:"base64url"`
	ClientData        string `json:"client_data" minLength:"2" maxLength:"5462" pattern:"^[A-Za-z0-9_-]+$" doc:"clientDataJSON in base64url."`
	AuthenticatorData string `json:"authenticator_data" minLength:"2" maxLength:"2731" pattern:"^[A-Za-z0-9_-]+$" doc:"base64url"`
	Signature         string `json:"signature" minLength:"2" maxLength:"1366" pattern:"^[A-Za-z0-9_-]+$" doc:"base64url"`
}

// read decodes the answer.
func (p PasskeyAnswer) read() (authcmd.ShowPasskey, error) {
	var r reader
	return authcmd.ShowPasskey{Attempt: p.Attempt, Shown: auth.ShownPasskey{
		ID: r.bytes("credential_id", p.CredentialID), User: r.bytes("user_handle", p.UserHandle),
		ClientData: r.bytes("client_data", p.ClientData), AuthenticatorData: r.bytes("authenticator_data", p.AuthenticatorData),
		Signature: r.bytes("signature", p.Signature),
	}}, r.err
}

func (s service) passkeySignIn(ctx context.Context, meta kernel.Meta, in *passkeySignInInput) (commands.Result[SignedIn], error) {
	shown, err := in.Body.read()
	if err != nil {
		return commands.Result[SignedIn]{}, err
	}
	opened, err := s.Handlers.PasskeySignIn(ctx, meta, shown, agent(ctx))
	if err != nil {
		return commands.Result[SignedIn]{}, err
	}
	return s.signedIn(ctx, opened), nil
}

// reader decodes base64url and keeps the first error.
type reader struct{ err error }

func (r *reader) bytes(field, s string) []byte {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil && r.err == nil {
		r.err = kernel.Invalid(field, "is not base64url without padding")
	}
	return b
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
