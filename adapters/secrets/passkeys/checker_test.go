package passkeys_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/secrets/passkeys"
	"github.com/morket/morket/adapters/secrets/passkeys/passkeystest"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

const (
	domain = "morket.example"
	origin = "https://morket.example"
	ann    = kernel.UserID("usr_01JZZZZZZZZZZZZZZZZZZZZZZZ")
)

func checker(t *testing.T) *passkeys.Checker {
	t.Helper()
	c, err := passkeys.New(domain, origin)
	require.NoError(t, err)
	return c
}

func challenge(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

func TestWherePasskeysCanBeUsed(t *testing.T) {
	t.Parallel()
	for public, want := range map[string][2]string{
		"https://morket.example":       {domain, origin},
		"https://Morket.Example:443/x": {domain, origin},
		"https://morket.example:8443":  {domain, "https://morket.example:8443"},
		"http://localhost:8080":        {"localhost", "http://localhost:8080"},
		"http://127.0.0.1:8080":        {"localhost", "http://localhost:8080"},
		"http://[::1]:8080":            {"localhost", "http://localhost:8080"},
		"http://a.localhost":           {"a.localhost", "http://a.localhost"},
		"http://morket.example":        {},
		"http://0.0.0.0:8080":          {},
		"https://10.0.0.7":             {},
		"https://[2001:db8::1]":        {},
		"https://":                     {},
		"":                             {},
		"::":                           {},
	} {
		d, o, ok := passkeys.Site(public)
		require.Equal(t, want, [2]string{d, o}, public)
		require.Equal(t, want[0] != "", ok, public)
		if ok {
			_, err := passkeys.New(d, o)
			require.NoError(t, err, public)
		}
	}
}

func TestAPasskeyIsMadeAndShown(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string]byte{
		"of one device": passkeystest.Present | passkeystest.Verified, "synchronised": passkeystest.Present | passkeystest.Verified | passkeystest.Synchronises,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, d := checker(t), passkeystest.New(t, domain, origin)
			d.Flags = flags
			m := d.Make([]byte(ann), challenge(1))
			m.Transports = []string{"internal", "<script>", "hybrid"}
			require.NoError(t, m.Validate())
			key, count, err := c.Made(ann, challenge(1), m)
			require.NoError(t, err)
			require.Equal(t, uint32(1), count)
			require.Equal(t, d.ID, key.ID)
			require.Equal(t, []string{"internal", "hybrid"}, key.Transports)
			s := d.Show(challenge(2))
			require.NoError(t, s.Validate())
			count, err = c.Shown(ann, key, challenge(2), s)
			require.NoError(t, err)
			require.Equal(t, uint32(2), count)
		})
	}
}

// lies are what a device or page may say that is not so.
func lies() map[string]func(*passkeystest.Device) {
	return map[string]func(*passkeystest.Device){
		"another domain":           func(d *passkeystest.Device) { d.Domain = "evil.example" },
		"another origin":           func(d *passkeystest.Device) { d.Origin = "https://evil.example" },
		"an origin below":          func(d *passkeystest.Device) { d.Origin = "https://x.morket.example" },
		"another port":             func(d *passkeystest.Device) { d.Origin = "https://morket.example:8443" },
		"plain http":               func(d *passkeystest.Device) { d.Origin = "http://morket.example" },
		"within another page":      func(d *passkeystest.Device) { d.Foreign = true },
		"nobody verified":          func(d *passkeystest.Device) { d.Flags = passkeystest.Present },
		"nobody present":           func(d *passkeystest.Device) { d.Flags = passkeystest.Verified },
		"backed up and never able": func(d *passkeystest.Device) { d.Flags |= 0x10 },
	}
}

func TestALieMakesNoPasskeyAndShowsNone(t *testing.T) {
	t.Parallel()
	for name, lie := range lies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, d := checker(t), passkeystest.New(t, domain, origin)
			key, _, err := c.Made(ann, challenge(1), d.Make([]byte(ann), challenge(1)))
			require.NoError(t, err)
			lie(d)
			_, err = c.Shown(ann, key, challenge(2), d.Show(challenge(2)))
			require.ErrorIs(t, err, auth.ErrPasskey())
			_, _, err = c.Made(ann, challenge(1), d.Make([]byte(ann), challenge(1)))
			require.ErrorIs(t, err, auth.ErrPasskeyMaking())
		})
	}
}

func TestAnAnswerIsToOneQuestion(t *testing.T) {
	t.Parallel()
	c, d := checker(t), passkeystest.New(t, domain, origin)
	m := d.Make([]byte(ann), challenge(1))
	_, _, err := c.Made(ann, challenge(2), m)
	require.ErrorIs(t, err, auth.ErrPasskeyMaking())
	key, _, err := c.Made(ann, challenge(1), m)
	require.NoError(t, err)
	s := d.Show(challenge(3))
	_, err = c.Shown(ann, key, challenge(1), s)
	require.ErrorIs(t, err, auth.ErrPasskey())
	_, err = c.Shown("usr_other", key, challenge(3), s)
	require.ErrorIs(t, err, auth.ErrPasskey(), "of another account")
	other, _, err := c.Made(ann, challenge(1), passkeystest.New(t, domain, origin).Make([]byte(ann), challenge(1)))
	require.NoError(t, err)
	other.ID = key.ID
	_, err = c.Shown(ann, other, challenge(3), s)
	require.ErrorIs(t, err, auth.ErrPasskey(), "of another key")
	synchronised := d.Copy()
	synchronised.Flags |= passkeystest.Synchronises
	_, err = c.Shown(ann, key, challenge(3), synchronised.Show(challenge(3)))
	require.ErrorIs(t, err, auth.ErrPasskey(), "of a device that could not synchronise it")
	_, err = c.Shown(ann, key, challenge(3), s)
	require.NoError(t, err)
}

func TestStatementsAboutDevicesAreNotTaken(t *testing.T) {
	t.Parallel()
	c, d := checker(t), passkeystest.New(t, domain, origin)
	m := d.Make([]byte(ann), challenge(1))
	var object map[string]any
	require.NoError(t, webauthncbor.Unmarshal(m.Attestation, &object))
	for name, change := range map[string]func(){
		"of a TPM":            func() { object["fmt"] = "tpm" },
		"of no kind":          func() { object["fmt"] = strings.Repeat("x", 500) },
		"with a certificate":  func() { object["fmt"], object["attStmt"] = "packed", map[string]any{"x5c": []any{[]byte{1}}} },
		"none with something": func() { object["fmt"], object["attStmt"] = "none", map[string]any{"alg": -7} },
	} {
		change()
		b, err := webauthncbor.Marshal(object)
		require.NoError(t, err)
		m.Attestation = b
		_, _, err = c.Made(ann, challenge(1), m)
		require.ErrorIs(t, err, auth.ErrPasskeyMaking(), name)
	}
}

// No byte of an answer can be changed.
func TestAChangedAnswerIsRefused(t *testing.T) {
	t.Parallel()
	c, d := checker(t), passkeystest.New(t, domain, origin)
	key, _, err := c.Made(ann, challenge(1), d.Make([]byte(ann), challenge(1)))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		s := d.Show(challenge(2))
		parts := []*[]byte{&s.ClientData, &s.AuthenticatorData, &s.Signature, &s.ID, &s.User}
		part := parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")]
		at := rapid.IntRange(0, len(*part)-1).Draw(t, "at")
		*part = bytes.Clone(*part)
		(*part)[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		_, err := c.Shown(ann, key, challenge(2), s)
		require.ErrorIs(t, err, auth.ErrPasskey())
	})
}

// Whatever is sent is refused, and nothing panics.
func TestNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	c, d := checker(t), passkeystest.New(t, domain, origin)
	m := d.Make([]byte(ann), challenge(1))
	key, _, err := c.Made(ann, challenge(1), m)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "bytes")
		cut := rapid.IntRange(0, len(m.Attestation)-1).Draw(t, "cut")
		for _, attestation := range [][]byte{b, m.Attestation[:cut], append(bytes.Clone(m.Attestation[:cut]), b...)} {
			if bytes.Equal(attestation, m.Attestation) {
				continue
			}
			changed := m
			changed.Attestation = attestation
			_, _, err := c.Made(ann, challenge(1), changed)
			if err != nil { // a changed key within it is still a key
				require.ErrorIs(t, err, auth.ErrPasskeyMaking())
			}
		}
		s := d.Show(challenge(2))
		s.AuthenticatorData = b
		_, err := c.Shown(ann, key, challenge(2), s)
		require.ErrorIs(t, err, auth.ErrPasskey())
		s.ClientData = b
		_, err = c.Shown(ann, key, challenge(2), s)
		require.ErrorIs(t, err, auth.ErrPasskey())
	})
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	d := passkeystest.New(t, domain, origin)
	m, s := d.Make([]byte(ann), challenge(1)), d.Show(challenge(1))
	for name, change := range map[string]func(){
		"no id": func() { m.ID = nil }, "a long id": func() { m.ID = make([]byte, auth.MaxCredentialID+1) }, "no client data": func() { m.ClientData = nil },
		"long client data": func() { m.ClientData = make([]byte, auth.MaxClientData+1) }, "a long attestation": func() { m.Attestation = make([]byte, auth.MaxAttestation+1) },
		"many transports": func() { m.Transports = make([]string, auth.MaxTransports+1) }, "a long transport": func() { m.Transports = []string{strings.Repeat("x", 33)} },
	} {
		was := m
		change()
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(m.Validate()), name)
		m = was
	}
	for name, change := range map[string]func(){
		"no signature": func() { s.Signature = nil }, "a long signature": func() { s.Signature = make([]byte, auth.MaxSignature+1) }, "no handle": func() { s.User = nil },
		"a long handle": func() { s.User = make([]byte, auth.MaxUserHandle+1) }, "long data": func() { s.AuthenticatorData = make([]byte, auth.MaxAuthenticatorData+1) },
	} {
		was := s
		change()
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(s.Validate()), name)
		s = was
	}
	require.NoError(t, m.Validate())
	require.NoError(t, s.Validate())
}
