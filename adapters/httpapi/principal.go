package httpapi

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
)

// Principal is the caller of a request.
type Principal struct {
	Actor    kernel.Actor
	User     kernel.UserID
	Session  kernel.SessionID // of a signed-in person; empty for an API key
	TokenID  string           // jti of the access token
	Operator bool             // may run the installation
	// An API key belongs to one workspace, has a role of its own and may be limited to some tables.
	KeyWorkspace kernel.WorkspaceID
	KeyRole      kernel.Role
	KeyTables    []kernel.TableID
	// Workspace and Role are of the request at hand; they are empty outside a workspace.
	Workspace kernel.WorkspaceID
	Role      kernel.Role
	Branch    kernel.TableID // that the path names, of a table that the principal may see
}

// Limited reports whether the principal is limited to some tables of the workspace.
func (p Principal) Limited() bool { return len(p.KeyTables) > 0 }

// CanSeeTable reports whether the principal's key, if it is one, extends to the table.
func (p Principal) CanSeeTable(id kernel.TableID) bool {
	if len(p.KeyTables) == 0 || id != "" && id == p.Branch {
		return true
	}
	for _, t := range p.KeyTables {
		if t == id {
			return true
		}
	}
	return false
}

// Authenticator finds the owner of a bearer token or API key. It answers a kernel.KindUnauthorized error for a
// token that is not, or no longer, good: without asking any store when we did not make the token, and with auth.ErrStale as its
// cause when it was good once and has had its time.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (Principal, error)
}

// Memberships tells a person's role in a workspace; false if there is none. It may be up to 5 s old.
type Memberships interface {
	Role(ctx context.Context, workspace kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error)
}

type ctxKey int

const (
	principalKey ctxKey = iota
	echoKey
	metaKey
	reachKey
)

// PrincipalOf returns the caller of the request that ctx belongs to.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey).(Principal)
	return p
}

// Echo returns the echo context of the request, for the few endpoints that set cookies or read a raw body.
func Echo(ctx context.Context) echo.Context {
	c, _ := ctx.Value(echoKey).(echo.Context)
	return c
}

// Bearer returns the token of the Authorization header, empty if there is none. Endpoints that are public and yet have a
// use for a sign-in read it.
func Bearer(ctx context.Context) string {
	return bearer(Echo(ctx).Request().Header.Get(echo.HeaderAuthorization))
}

// bearer returns the token of an Authorization header; the scheme may be in any case (RFC 9110, section 11.1).
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimLeft(token, " ")
}

// metaOf returns the command metadata of the request.
func metaOf(ctx context.Context) kernel.Meta {
	m, _ := ctx.Value(metaKey).(kernel.Meta)
	return m
}
