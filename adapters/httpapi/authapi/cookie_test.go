package authapi

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCookieIsSecureUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	c := Cookies{}.cookie("x")
	require.True(t, c.Secure)
	require.True(t, c.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, c.SameSite)
	require.False(t, Cookies{Insecure: true}.cookie("x").Secure)
}
