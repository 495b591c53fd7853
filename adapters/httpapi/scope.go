package httpapi

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// Scope says what an endpoint is about, and so which callers may reach it: one of the kinds below, TablesOf or FilteredTablesOf. There is
// no default: an endpoint that doesn't say does not register. The guard enforces it before the handler runs, for callers that are limited
// to some tables of the workspace.
type Scope interface{ kind() Kind }

// Kind is a scope that needs nothing else.
type Kind string

// The kinds.
const (
	Public   Kind = "public"   // needs no sign-in
	SignedIn Kind = "signedIn" // the same for every known caller, or about the caller alone: a person or an API key
	Person   Kind = "person"   // the account of the signed-in person; not for API keys
	// OptionalPerson needs no sign-in, but one that is sent must be a person's: what is done is done to their account.
	OptionalPerson Kind = "optionalPerson"
	Operator       Kind = "operator" // the installation: for its operators
	// TableInPath is the table that {tableId} names.
	TableInPath Kind = "table"
	// WholeWorkspace is more than tables, or all of them: not for callers that are limited to some.
	WholeWorkspace Kind = "workspace"
	// PersonInWorkspace is WholeWorkspace for people only: an API key must not be able to outlive itself.
	PersonInWorkspace Kind = "workspacePerson"
	// FilteredByTable is the workspace, but nothing of a table that the caller is not let see is in the answer, and nothing of it is
	// changed. The matrix test proves it for each such endpoint.
	FilteredByTable Kind = "filtered"

	namedTables   Kind = "tables"
	filteredNamed Kind = "filteredTables"
)

func (k Kind) kind() Kind { return k }

// NoAction is the right of endpoints outside workspaces: none is needed.
const NoAction workspace.Action = "none"

// Reach is what a request touches, as its path, query and body say.
type Reach struct {
	Tables []kernel.TableID // each must be one that the caller may see
	Beyond bool             // also what is of no table: not for callers that are limited to some
	Own    bool             // of no table yet, and the caller's own
}

// ReachOf is the reach of a request that names these tables. The empty id names none.
func ReachOf(tables ...kernel.TableID) Reach {
	return Reach{Tables: slices.DeleteFunc(slices.Clone(tables), func(t kernel.TableID) bool { return t == "" })}
}

type finder[I any] struct {
	of   Kind
	find func(context.Context, Principal, *I) (Reach, error)
}

func (f finder[I]) kind() Kind { return f.of }

// TablesOf is the scope of an endpoint whose request names tables, or things of tables, elsewhere than in {tableId}: find says which, with
// that of the path if it has one. It is asked for callers that are limited to some tables; a request that names none is refused to them.
func TablesOf[I any](find func(ctx context.Context, p Principal, in *I) (Reach, error)) Scope {
	return finder[I]{namedTables, find}
}

// FilteredTablesOf is like FilteredByTable for an endpoint whose request may name tables: those must be in the caller's reach.
func FilteredTablesOf[I any](find func(ctx context.Context, p Principal, in *I) (Reach, error)) Scope {
	return finder[I]{filteredNamed, find}
}

// declared panics when the endpoint does not say what it is about, what right it needs or how it is counted: a fault of the wiring,
// found at the first start.
func declared[I any](op Op) {
	fault := func(what string) { panic("endpoint " + op.ID + " " + what) }
	if op.Scope == nil {
		fault("names no scope")
	}
	if op.Action == "" {
		fault("names no action; NoAction if it needs none")
	}
	if op.Rate == "" {
		fault("names no rate")
	}
	inWorkspace := strings.HasPrefix(op.Path, "W")
	kind := op.Scope.kind()
	switch kind {
	case Public, SignedIn, Person, OptionalPerson:
		if inWorkspace || op.Action != NoAction {
			fault("is in a workspace, so its scope can't be " + string(kind))
		}
	case Operator:
		if inWorkspace == (op.Action == NoAction) {
			fault("needs an action if and only if it is in a workspace")
		}
	case TableInPath, WholeWorkspace, PersonInWorkspace, FilteredByTable, namedTables, filteredNamed:
		if !inWorkspace || !inTable(op.Action) {
			fault("has a scope of a workspace, so it needs a path below W and an action of the permission table")
		}
	default:
		fault("has the unknown scope " + string(kind))
	}
	inPath := strings.Contains(op.Path, "{tableId}")
	if inPath != (kind == TableInPath) && kind != WholeWorkspace && kind != PersonInWorkspace && (!inPath || kind != namedTables) {
		fault("must have the scope TableInPath if its path has {tableId}, or TablesOf if it names others too")
	}
	typed := kind == namedTables || kind == filteredNamed
	if _, fits := op.Scope.(finder[I]); typed && !fits {
		fault(fmt.Sprintf("finds its tables in another input than %s", reflect.TypeFor[I]()))
	}
	if name := namesTables(reflect.TypeFor[I](), 0); name != "" && !typed && (kind == TableInPath || kind == FilteredByTable) {
		fault("names tables in " + name + "; declare them by TablesOf or FilteredTablesOf")
	}
}

func inTable(action workspace.Action) bool {
	return slices.ContainsFunc(workspace.Permissions(), func(r workspace.Rule) bool { return r.Action == action })
}

// maxInputDepth is how deep inputs are looked through; those that contain themselves have no end.
const maxInputDepth = 12

// namesTables returns the name of a field that holds ids of tables, other than the path's; "" if there is none.
func namesTables(t reflect.Type, depth int) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t == reflect.TypeFor[kernel.TableID]() {
		return t.Name()
	}
	if t.Kind() != reflect.Struct || depth > maxInputDepth {
		return ""
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("path") != "" || f.Tag.Get("json") == "-" {
			continue
		}
		if namesTables(f.Type, depth+1) != "" {
			return f.Name
		}
	}
	return ""
}

// scoped runs the handler on requests that are within the caller's reach.
func reaches[I any](ctx context.Context, a *API, op Op, in *I) error {
	p := PrincipalOf(ctx)
	f, ok := op.Scope.(finder[I])
	if !ok || !p.Limited() {
		return nil
	}
	reach, err := f.find(ctx, p, in)
	if a.early(ctx, op, err) {
		reach, err = f.find(ctx, p, in)
	}
	if err == nil {
		err = within(p, f.of, reach)
	}
	if err != nil {
		a.denied(ctx, op, Echo(ctx), err)
		return err
	}
	if held, ok := ctx.Value(reachKey).(*Reach); ok {
		*held = reach
	}
	return nil
}

// within refuses what is out of the reach of a caller that is limited to some tables. A table out of its reach does not exist for it.
func within(p Principal, kind Kind, reach Reach) error {
	for _, t := range reach.Tables {
		if !p.CanSeeTable(t) {
			return kernel.NotFound("table", string(t))
		}
	}
	if reach.Beyond || kind == namedTables && len(reach.Tables) == 0 && !reach.Own {
		return errLimited()
	}
	return nil
}

func errLimited() error {
	return kernel.E(kernel.KindForbidden, "FORBIDDEN", "this API key is limited to some tables and this reaches beyond them; use a key "+
		"without that limit, or name one of its tables")
}

// inScope checks what can be known before the request is read: the caller, and the table in the path.
func inScope(op Op, p Principal, table kernel.TableID) error {
	switch kindOf := op.Scope.kind(); kindOf { //nolint:exhaustive // the others need the request, or nothing
	case Person, OptionalPerson, PersonInWorkspace:
		if p.KeyWorkspace != "" {
			return kernel.E(kernel.KindForbidden, "FORBIDDEN", "only a signed-in person may do this; sign in, an API key can't do it")
		}
	case Operator:
		if !p.Operator {
			return kernel.E(kernel.KindForbidden, "FORBIDDEN", "only an operator of this installation may do this")
		}
	case TableInPath, namedTables:
		if (kindOf == TableInPath || table != "") && !p.CanSeeTable(table) {
			return kernel.NotFound("table", string(table))
		}
	case WholeWorkspace:
		if p.Limited() {
			return errLimited()
		}
	}
	return nil
}
