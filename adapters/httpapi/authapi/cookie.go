package authapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
)

const cookieName = "morket_refresh"

// Cookies writes and reads the cookie with the refresh token. Scripts can't read it, other sites can't send it, and it goes
// to the auth endpoints only.
type Cookies struct {
	// Insecure lets the cookie travel over plain http: only for development on a loopback address.
	Insecure bool
}

// Set gives the browser the session's refresh token.
func (c Cookies) Set(ctx context.Context, o authcmd.Opened) {
	cookie := c.cookie(o.Refresh)                   //nolint:gosec // its attributes are set in cookie
	cookie.MaxAge = int(auth.RefreshLife.Seconds()) // not a date: the browser's clock may be wrong
	httpapi.Echo(ctx).SetCookie(cookie)
}

// Clear takes the refresh token away from the browser.
func (c Cookies) Clear(ctx context.Context) {
	cookie := c.cookie("") //nolint:gosec // its attributes are set in cookie
	cookie.MaxAge = -1
	httpapi.Echo(ctx).SetCookie(cookie)
}

func (c Cookies) cookie(value string) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // not Secure on a development loopback address only
		Name: cookieName, Value: value, Path: httpapi.Base + "/auth", HttpOnly: true, Secure: !c.Insecure, SameSite: http.SameSiteStrictMode,
	}
}

func (c Cookies) read(ctx context.Context) string {
	return readCookie(ctx, cookieName)
}

// put gives the browser another cookie with the same attributes for so many seconds; fewer than 0 take it away.
func (c Cookies) put(ctx context.Context, name, value string, age int) {
	cookie := c.cookie(value) //nolint:gosec // its attributes are set in cookie
	cookie.Name, cookie.MaxAge = name, age
	httpapi.Echo(ctx).SetCookie(cookie)
}

func readCookie(ctx context.Context, name string) string {
	cookie, err := httpapi.Echo(ctx).Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}
