// Package passkeystest has a device that makes and shows a passkey as a browser and its authenticator do.
package passkeystest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/auth"
)

// Flags of authenticator data (WebAuthn Level 3, 6.1).
const (
	Present      = 0x01
	Verified     = 0x04
	Synchronises = 0x08
	made         = 0x40
)

// Device has one passkey. Its fields may be changed to make it lie.
type Device struct {
	Domain  string // that it signs for
	Origin  string // of the page that asks
	Flags   byte
	Count   uint32 // grows by Step before each answer
	Step    uint32 // 0: a device without a counter
	Foreign bool   // the page is within one of another origin
	ID      []byte
	User    []byte

	t   testing.TB
	key *ecdsa.PrivateKey
}

// New is a device that has verified its person.
func New(t testing.TB, domain, origin string) *Device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	id := make([]byte, 32)
	_, err = rand.Read(id)
	require.NoError(t, err)
	return &Device{Domain: domain, Origin: origin, Flags: Present | Verified, Step: 1, ID: id, t: t, key: key}
}

// Copy is another device with the same passkey and counter.
func (d *Device) Copy() *Device {
	c := *d
	return &c
}

// Make makes the passkey for the user.
func (d *Device) Make(user, challenge []byte) auth.MadePasskey {
	d.t.Helper()
	d.User = user
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	require.NoError(d.t, err)
	key := d.encode(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := d.data(made)
	data = append(data, make([]byte, 16)...) // of no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(d.ID)))
	data = append(append(data, d.ID...), key...)
	return auth.MadePasskey{
		ID: d.ID, ClientData: d.client("webauthn.create", challenge), Transports: []string{"internal"},
		Attestation: d.encode(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}),
	}
}

// Show signs the challenge.
func (d *Device) Show(challenge []byte) auth.ShownPasskey {
	d.t.Helper()
	data, client := d.data(0), d.client("webauthn.get", challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	require.NoError(d.t, err)
	return auth.ShownPasskey{ID: d.ID, User: d.User, ClientData: client, AuthenticatorData: data, Signature: signature}
}

func (d *Device) data(more byte) []byte {
	d.Count += d.Step
	domain := sha256.Sum256([]byte(d.Domain))
	return binary.BigEndian.AppendUint32(append(domain[:], d.Flags|more), d.Count)
}

func (d *Device) client(what string, challenge []byte) []byte {
	d.t.Helper()
	b, err := json.Marshal(map[string]any{
		"type": what, "challenge": base64.RawURLEncoding.EncodeToString(challenge), "origin": d.Origin, "crossOrigin": d.Foreign,
	})
	require.NoError(d.t, err)
	return b
}

func (d *Device) encode(v any) []byte {
	d.t.Helper()
	b, err := webauthncbor.Marshal(v)
	require.NoError(d.t, err)
	return b
}
