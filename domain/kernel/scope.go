package kernel

import "context"

// Scope says whose rows work may read. The guard of a request sets it from what it has checked, never from what a handler is asked
// for, so that a query which forgets its workspace, or takes another one, finds nothing. Work of the installation names itself.
type Scope struct {
	Workspace WorkspaceID // "" for none
	User      UserID      // the person asking, whose own sessions and workspaces may be read; "" for none
	// System names a task of the installation, which reads the rows of every workspace: "projections", "sweeps", … It is "" for
	// everything that a person or a key asks for.
	System string
}

type scopeKey struct{}

// WithScope returns a context in which rows are read within the scope.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// AsSystem returns a context in which a named task of the installation reads the rows of every workspace.
func AsSystem(ctx context.Context, task string) context.Context {
	return WithScope(ctx, Scope{System: task})
}

// ScopeOf returns the context's scope; false when nobody has said whose rows may be read.
func ScopeOf(ctx context.Context) (Scope, bool) {
	s, ok := ctx.Value(scopeKey{}).(Scope)
	return s, ok
}
