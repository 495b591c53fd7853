package vault_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/domain/credential"
)

const canary = "canary-4f1d9c77"

func key(b byte) []byte { return bytes.Repeat([]byte{b}, vault.KeySize) }

func sealed(t *testing.T, v *vault.Vault) credential.Sealed {
	t.Helper()
	s, err := v.Seal("ws_1", "crd_1", 1, map[string]string{"api_key": canary})
	require.NoError(t, err)
	return s
}

func open(t *testing.T, masters ...[]byte) *vault.Vault {
	t.Helper()
	v, err := vault.New(masters...)
	require.NoError(t, err)
	return v
}

func TestSealedSecretOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	v := open(t, key(1))
	s := sealed(t, v)
	secret, err := v.Open("ws_1", "crd_1", 1, s)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"api_key": canary}, secret)
	for name, try := range map[string]func() error{
		"another workspace":  func() error { _, err := v.Open("ws_2", "crd_1", 1, s); return err },
		"another credential": func() error { _, err := v.Open("ws_1", "crd_2", 1, s); return err },
		"another version":    func() error { _, err := v.Open("ws_1", "crd_1", 2, s); return err },
		"another master key": func() error { _, err := open(t, key(2)).Open("ws_1", "crd_1", 1, s); return err },
		"a changed byte": func() error {
			c := s
			c.Ciphertext = bytes.Clone(s.Ciphertext)
			c.Ciphertext[0] ^= 1
			_, err := v.Open("ws_1", "crd_1", 1, c)
			return err
		},
		"no nonce": func() error { c := s; c.Nonce = nil; _, err := v.Open("ws_1", "crd_1", 1, c); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := try()
			require.Error(t, err)
			require.NotContains(t, err.Error(), canary)
		})
	}
}

func TestTheSameSecretIsNeverSealedTwiceAlike(t *testing.T) {
	t.Parallel()
	v := open(t, key(1))
	first, second := sealed(t, v), sealed(t, v)
	require.NotEqual(t, first.Ciphertext, second.Ciphertext)
}

func TestMasterKeyRotation(t *testing.T) {
	t.Parallel()
	old := open(t, key(1))
	s := sealed(t, old)
	both := open(t, key(2), key(1))
	require.True(t, both.Stale(s))
	again, err := both.Rewrap("ws_1", "crd_1", 1, s)
	require.NoError(t, err)
	require.False(t, both.Stale(again))
	require.Equal(t, s.Ciphertext, again.Ciphertext, "only the key is wrapped anew")
	secret, err := open(t, key(2)).Open("ws_1", "crd_1", 1, again)
	require.NoError(t, err, "the old master key is not needed any more")
	require.Equal(t, canary, secret["api_key"])
}

func TestVaultNeverPrintsItsKeys(t *testing.T) {
	t.Parallel()
	v := open(t, key(7))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, v), "7 7 7")
		require.NotContains(t, fmt.Sprintf(verb, v), "0x7")
	}
}

func TestBadMasterKeys(t *testing.T) {
	t.Parallel()
	_, err := vault.New()
	require.Error(t, err)
	_, err = vault.New([]byte("short"))
	require.ErrorContains(t, err, "5 bytes")
}
