package systemtest_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/passkeys/passkeystest"
)

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// passkeyDevice is a device at a page of the server: its machine's name, since browsers know no passkeys of addresses.
func passkeyDevice(s *server) *passkeystest.Device {
	s.t.Helper()
	u, err := url.Parse(s.url)
	require.NoError(s.t, err)
	return passkeystest.New(s.t, "localhost", "http://localhost:"+u.Port())
}

type asked struct {
	Attempt    string `json:"attempt"`
	Challenge  string `json:"challenge"`
	UserHandle string `json:"user_handle"`
}

func (a asked) bytes(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

// addPasskey makes a passkey of the client's person on the device.
func addPasskey(s *server, c *client, name string, d *passkeystest.Device) string {
	s.t.Helper()
	me := &client{t: c.t, base: s.url, token: c.token, at: c.at}
	a := in[asked](me, http.StatusOK, http.MethodPost, "/api/v1/auth/passkeys/begin", map[string]string{"password": c.password})
	m := d.Make(a.bytes(s.t, a.UserHandle), a.bytes(s.t, a.Challenge))
	return in[struct{ ID string }](me, http.StatusCreated, http.MethodPost, "/api/v1/auth/passkeys", map[string]any{
		"attempt": a.Attempt, "name": name, "credential_id": base64url(m.ID), "client_data": base64url(m.ClientData),
		"attestation": base64url(m.Attestation), "transports": m.Transports,
	}).ID
}

// showPasskey signs in by the device's passkey.
func showPasskey(s *server, status int, d *passkeystest.Device) reply {
	s.t.Helper()
	c := &client{t: s.t, base: s.url}
	a := in[asked](c, http.StatusOK, http.MethodPost, "/api/v1/auth/passkey-sign-in/begin", nil)
	p := d.Show(a.bytes(s.t, a.Challenge))
	return c.call(status, http.MethodPost, "/api/v1/auth/passkey-sign-in", map[string]any{
		"attempt": a.Attempt, "credential_id": base64url(p.ID), "user_handle": base64url(p.User), "client_data": base64url(p.ClientData),
		"authenticator_data": base64url(p.AuthenticatorData), "signature": base64url(p.Signature),
	})
}

// A passkey signs in also after the server was started anew, and a copy of it is refused and told to its person.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := register(t, s, "keys@example.com")
	d := passkeyDevice(s)
	addPasskey(s, c, "Laptop", d)
	s.stop()
	s.start()
	copied := d.Copy()
	me := &client{t: t, base: s.url}
	me.signedIn(showPasskey(s, http.StatusOK, d))
	me.call(http.StatusOK, http.MethodGet, "/api/v1/auth/me", nil)
	require.Equal(t, "PASSKEY_COPIED", showPasskey(s, http.StatusUnauthorized, copied).Error.Code)
	require.Equal(t, "PASSKEY_COPIED", showPasskey(s, http.StatusUnauthorized, d).Error.Code)
	s.eventually(doneWithin, "the person is told by mail, once", func() bool { return mailsAbout(t, s, "A passkey of yours was blocked") == 1 })
	s.verify()
}

// mailsAbout counts the mails in the outbox with the subject.
func mailsAbout(t *testing.T, s *server, subject string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "outbox", "*"))
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err == nil && strings.Contains(string(text), subject) {
			n++
		}
	}
	return n
}
