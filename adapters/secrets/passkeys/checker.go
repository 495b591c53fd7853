package passkeys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// Site returns the domain that passkeys are for (RP ID) and the origin of the pages that use them; false where browsers use none: an
// address without a name, or plain http beyond the machine. On the machine itself its name takes the place of its address.
func Site(publicURL string) (domain, origin string, ok bool) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return "", "", false
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		if !ip.IsLoopback() {
			return "", "", false
		}
		host = "localhost"
	}
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if u.Scheme != "https" && !local || protocol.ValidateRPID(host) != nil {
		return "", "", false
	}
	origin = u.Scheme + "://" + host
	standard := map[string]string{"https": "443", "http": "80"}
	if port := u.Port(); port != "" && port != standard[u.Scheme] {
		origin = u.Scheme + "://" + net.JoinHostPort(host, port)
	}
	return host, origin, true
}

// Checker checks answers for one domain and origin. It is safe for concurrent use.
type Checker struct {
	site *webauthn.WebAuthn
}

// algorithms are those that every device has one of; the same list is what a new passkey's key is held to.
func algorithms() []webauthncose.COSEAlgorithmIdentifier {
	return []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgEdDSA, webauthncose.AlgES256, webauthncose.AlgRS256}
}

// New makes a checker of what Site has returned.
func New(domain, origin string) (*Checker, error) {
	site, err := webauthn.New(&webauthn.Config{
		RPID: domain, RPDisplayName: "Morket", RPOrigins: []string{origin},
		// Browsers may add outputs of extensions that nobody asked for. None is read.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Checker{site}, nil
}

// Algorithms implements authcmd.PasskeyChecker.
func (*Checker) Algorithms() []int64 {
	out := make([]int64, 0, len(algorithms()))
	for _, a := range algorithms() {
		out = append(out, int64(a))
	}
	return out
}

// Made implements authcmd.PasskeyChecker. Which maker's device it is, is not asked for, so statements that name certificates are refused
// before they are read.
func (c *Checker) Made(user kernel.UserID, challenge []byte, m auth.MadePasskey) (auth.Credential, uint32, error) {
	raw := protocol.CredentialCreationResponse{
		PublicKeyCredential: public(m.ID),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: m.ClientData}, AttestationObject: m.Attestation,
		},
	}
	parsed, err := raw.Parse()
	if err != nil {
		return auth.Credential{}, 0, auth.ErrPasskeyMaking().Because(why(err))
	}
	object := parsed.Response.AttestationObject
	if _, certified := object.AttStatement["x5c"]; certified || !slices.Contains([]string{"none", "packed"}, object.Format) {
		err := fmt.Errorf("an attestation %q that nobody asked for", kernel.Shorten(object.Format))
		return auth.Credential{}, 0, auth.ErrPasskeyMaking().Because(err)
	}
	session := c.session(challenge)
	session.UserID = []byte(user)
	for _, a := range algorithms() {
		session.CredParams = append(session.CredParams, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: a})
	}
	made, err := c.site.CreateCredential(owner{id: user}, session, parsed)
	if err != nil {
		return auth.Credential{}, 0, auth.ErrPasskeyMaking().Because(why(err))
	}
	return auth.Credential{
		ID: made.ID, PublicKey: made.PublicKey, Flags: made.Flags.MsgpByte(), Model: made.Authenticator.AAGUID, Transports: known(m.Transports),
	}, made.Authenticator.SignCount, nil
}

// Shown implements authcmd.PasskeyChecker.
func (c *Checker) Shown(user kernel.UserID, key auth.Credential, challenge []byte, s auth.ShownPasskey) (uint32, error) {
	raw := protocol.CredentialAssertionResponse{
		PublicKeyCredential: public(s.ID),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: s.ClientData},
			AuthenticatorData:     s.AuthenticatorData, Signature: s.Signature, UserHandle: s.User,
		},
	}
	parsed, err := raw.Parse()
	if err != nil {
		return 0, auth.ErrPasskey().Because(why(err))
	}
	whose := owner{id: user, keys: []webauthn.Credential{{
		ID: key.ID, PublicKey: key.PublicKey, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(key.Flags)),
	}}}
	session := c.session(challenge)
	session.UserID = []byte(user)
	if _, err := c.site.ValidateLogin(whose, session, parsed); err != nil {
		return 0, auth.ErrPasskey().Because(why(err))
	}
	return parsed.Response.AuthenticatorData.Counter, nil
}

// session is what an answer is held to. When it runs out is the attempt's to say, by the clock that the process has.
func (c *Checker) session(challenge []byte) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: c.site.Config.RPID,
		UserVerification: protocol.VerificationRequired,
	}
}

func public(id []byte) protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{
		Credential: protocol.Credential{ID: base64.RawURLEncoding.EncodeToString(id), Type: string(protocol.PublicKeyCredentialType)}, RawID: id,
	}
}

// known leaves the ways to reach a device that a browser can be told again.
func known(transports []string) []string {
	var out []string
	for _, t := range transports {
		switch t {
		case "usb", "nfc", "ble", "smart-card", "hybrid", "internal":
			out = append(out, t)
		}
	}
	return out
}

// why is the reason for the log: what the library says for its caller is in a field of its own.
func why(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) && e.DevInfo != "" {
		return fmt.Errorf("%s: %s", e.Details, kernel.Shorten(e.DevInfo))
	}
	return err
}

// owner is an account as the library asks for it.
type owner struct {
	id   kernel.UserID
	keys []webauthn.Credential
}

// WebAuthnID implements webauthn.User.
func (o owner) WebAuthnID() []byte { return []byte(o.id) }

// WebAuthnName implements webauthn.User.
func (owner) WebAuthnName() string { return "" }

// WebAuthnDisplayName implements webauthn.User.
func (owner) WebAuthnDisplayName() string { return "" }

// WebAuthnCredentials implements webauthn.User.
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }
