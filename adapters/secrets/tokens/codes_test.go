package tokens_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/domain/auth"
)

// The test vectors of RFC 6238, appendix B, for SHA-1: their last six digits.
func TestCodesOfTheRFC(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	var c tokens.Codes
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		now := time.Unix(at, 0)
		for _, typed := range []string{code, code[:3] + " " + code[3:], " " + code + "\n"} {
			step, ok := c.Step(secret, typed, now)
			require.True(t, ok, typed)
			require.Equal(t, at/30, step)
		}
		for off, good := range map[time.Duration]bool{30 * time.Second: true, -30 * time.Second: true, 90 * time.Second: false, -90 * time.Second: false} {
			step, ok := c.Step(secret, code, now.Add(off))
			require.Equal(t, good, ok, "%s away", off)
			if good {
				require.Equal(t, at/30, step, "the step is the code's, not the moment's")
			}
		}
		for _, bad := range []string{"", "0", code[:5], code + "0", "00000x", strings.Repeat("9", 60), "٢٨٧٠٨٢"} {
			_, ok := c.Step(secret, bad, now)
			require.False(t, ok, bad)
		}
		_, ok := c.Step([]byte("another secret of 20"), code, now)
		require.False(t, ok)
	}
}

func TestAnAppCanReadTheLink(t *testing.T) {
	t.Parallel()
	var c tokens.Codes
	secret, err := c.NewSecret()
	require.NoError(t, err)
	require.Len(t, secret, 20)
	text, link := c.Link(secret, "ann+x@example.com")
	require.Equal(t, "otpauth://totp/Morket:ann+x@example.com?secret="+text+"&issuer=Morket&algorithm=SHA1&digits=6&period=30", link)
	picture, err := c.Picture(link)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	require.GreaterOrEqual(t, img.Bounds().Dx(), 200)
	require.NotContains(t, string(picture), text)
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	var c tokens.Codes
	codes, err := c.Recovery()
	require.NoError(t, err)
	require.Len(t, codes, auth.RecoveryCodes)
	seen := map[string]bool{}
	for _, code := range codes {
		require.Regexp(t, `^([a-z2-7]{4}-){3}[a-z2-7]{4}$`, code)
		require.False(t, seen[code])
		seen[code] = true
		hash := c.RecoveryHash(code)
		require.Equal(t, hash, c.RecoveryHash(" "+strings.ToUpper(strings.ReplaceAll(code, "-", " "))))
		require.NotContains(t, hash, code[:4])
	}
}
