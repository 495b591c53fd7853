package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// What the document says of every endpoint is made here, from its Op and from the types of its input, so that it can't be forgotten for
// one.

const (
	// maxSafe is the largest whole number that every JSON reader keeps exact.
	maxSafe         = 1<<53 - 1
	positionPattern = "^[0-9]{0,15}$" // an empty header is none
	keyPattern      = "^[!-~]{0,100}$"
	prefixExtension = "x-id-prefix"
	notBlank        = `[^ \t\r\n]`
)

// idSchema is the schema of an id. Document adds the pattern where the id is asked for; an answer may leave an id empty.
func idSchema(prefix string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{prefixExtension: prefix}}
}

// The ids as the document has them; the domain knows nothing of documents.
type (
	userIDSchema        string
	workspaceIDSchema   string
	sessionIDSchema     string
	apiKeyIDSchema      string
	passkeyIDSchema     string
	invitationIDSchema  string
	folderIDSchema      string
	tableIDSchema       string
	branchIDSchema      string
	columnIDSchema      string
	rowIDSchema         string
	viewIDSchema        string
	importIDSchema      string
	exportIDSchema      string
	erasureIDSchema     string
	runIDSchema         string
	credentialIDSchema  string
	savedSearchIDSchema string
	webhookIDSchema     string
	sourceIDSchema      string
	findIDSchema        string
	threadIDSchema      string
	commentIDSchema     string
	connectionIDSchema  string
	syncIDSchema        string
	syncRunIDSchema     string
)

func (userIDSchema) Schema(huma.Registry) *huma.Schema      { return idSchema(kernel.PrefixUser) }
func (workspaceIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixWorkspace) }

func (sessionIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixSession) }

func (apiKeyIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixAPIKey) }

func (passkeyIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixPasskey) }

func (invitationIDSchema) Schema(huma.Registry) *huma.Schema {
	return idSchema(kernel.PrefixInvitation)
}
func (folderIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema("fld") }
func (tableIDSchema) Schema(huma.Registry) *huma.Schema  { return idSchema(kernel.PrefixTable) }
func (branchIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixBranch) }

func (columnIDSchema) Schema(huma.Registry) *huma.Schema  { return idSchema(kernel.PrefixColumn) }
func (rowIDSchema) Schema(huma.Registry) *huma.Schema     { return idSchema(kernel.PrefixRow) }
func (viewIDSchema) Schema(huma.Registry) *huma.Schema    { return idSchema(kernel.PrefixView) }
func (importIDSchema) Schema(huma.Registry) *huma.Schema  { return idSchema(kernel.PrefixImport) }
func (exportIDSchema) Schema(huma.Registry) *huma.Schema  { return idSchema(kernel.PrefixExport) }
func (erasureIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixErasure) }
func (runIDSchema) Schema(huma.Registry) *huma.Schema     { return idSchema(kernel.PrefixRun) }
func (credentialIDSchema) Schema(huma.Registry) *huma.Schema {
	return idSchema(kernel.PrefixCredential)
}

func (savedSearchIDSchema) Schema(huma.Registry) *huma.Schema {
	return idSchema(kernel.PrefixSavedSearch)
}

func (webhookIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixWebhook) }
func (threadIDSchema) Schema(huma.Registry) *huma.Schema  { return idSchema(kernel.PrefixThread) }
func (commentIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixComment) }

func (connectionIDSchema) Schema(huma.Registry) *huma.Schema {
	return idSchema(kernel.PrefixConnection)
}

func (syncIDSchema) Schema(huma.Registry) *huma.Schema    { return idSchema(kernel.PrefixSync) }
func (syncRunIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixSyncRun) }

func (sourceIDSchema) Schema(huma.Registry) *huma.Schema { return idSchema(kernel.PrefixSource) }
func (findIDSchema) Schema(huma.Registry) *huma.Schema   { return idSchema(kernel.PrefixFind) }

func idAliases(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[kernel.UserID](), reflect.TypeFor[userIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.WorkspaceID](), reflect.TypeFor[workspaceIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.SessionID](), reflect.TypeFor[sessionIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.APIKeyID](), reflect.TypeFor[apiKeyIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.PasskeyID](), reflect.TypeFor[passkeyIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.InvitationID](), reflect.TypeFor[invitationIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.FolderID](), reflect.TypeFor[folderIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.TableID](), reflect.TypeFor[tableIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.BranchID](), reflect.TypeFor[branchIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ColumnID](), reflect.TypeFor[columnIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.RowID](), reflect.TypeFor[rowIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ViewID](), reflect.TypeFor[viewIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ImportID](), reflect.TypeFor[importIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ExportID](), reflect.TypeFor[exportIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ErasureID](), reflect.TypeFor[erasureIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.RunID](), reflect.TypeFor[runIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.CredentialID](), reflect.TypeFor[credentialIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.SavedSearchID](), reflect.TypeFor[savedSearchIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.WebhookID](), reflect.TypeFor[webhookIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.SourceID](), reflect.TypeFor[sourceIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.FindID](), reflect.TypeFor[findIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ThreadID](), reflect.TypeFor[threadIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.CommentID](), reflect.TypeFor[commentIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.ConnectionID](), reflect.TypeFor[connectionIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.SyncID](), reflect.TypeFor[syncIDSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[kernel.SyncRunID](), reflect.TypeFor[syncRunIDSchema]())
}

// failures are the statuses with which the endpoint may refuse; huma adds 500.
func (op Op) failures(hasParams bool) []int {
	kind := op.Scope.kind()
	all := []int{http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	if kind != Public || op.Rate == Auth || op.Method != http.MethodGet { // a sign-in, a cookie or a mailed token may be no good
		all = append(all, http.StatusUnauthorized, http.StatusForbidden)
	}
	if hasParams || kind != Public {
		all = append(all, http.StatusNotFound)
	}
	if op.Method != http.MethodGet {
		all = append(all, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.Rate == Enrichment || op.Action == workspace.ManageBilling && op.Method != http.MethodGet {
		all = append(all, http.StatusPaymentRequired)
	}
	if op.Rate != Unlimited || kind != Public {
		all = append(all, http.StatusTooManyRequests)
	}
	slices.Sort(all)
	return all
}

// register adds the endpoint to huma and then tightens what its input may be.
func register[I, O any](a *API, h huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, h, handle)
	t := tightener{registry: a.huma.OpenAPI().Components.Schemas, done: a.tightened}
	op := operationAt(a.huma.OpenAPI(), h.Method, h.Path)
	for _, p := range op.Parameters {
		if p.In != "path" && p.Schema != nil {
			t.member(p.Name, p.Schema, p.Required)
		}
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			t.walk(m.Schema)
		}
	}
}

func operationAt(doc *huma.OpenAPI, method, path string) *huma.Operation {
	item := doc.Paths[path]
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	default:
		return item.Delete
	}
}

// tightener says of the schemas of requests what huma can't know from their types: whole numbers are those that JSON keeps exact, and
// what is required is neither null nor blank, unless the type itself says how short it may be. What it says is enforced.
type tightener struct {
	registry huma.Registry
	done     map[string]bool // names of the schemas that requests hold
}

func (t tightener) walk(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Ref != "" {
		if name := s.Ref; !t.done[name] {
			t.done[name] = true
			t.walk(t.registry.SchemaFromRef(name))
		}
		return
	}
	for name, p := range s.Properties {
		t.member(name, p, slices.Contains(s.Required, name))
	}
	if s.Type == huma.TypeArray {
		t.member("", s.Items, true)
	}
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		t.member("", more, true)
	}
}

func (t tightener) member(name string, s *huma.Schema, required bool) {
	switch s.Type {
	case huma.TypeInteger:
		low, high := -float64(maxSafe), float64(maxSafe)
		if s.Minimum == nil {
			s.Minimum = &low
		}
		if s.Maximum == nil {
			s.Maximum = &high
		}
	case huma.TypeArray:
		s.Nullable = s.Nullable && !required
	case huma.TypeString:
		if one := 1; required && name != "" && s.MinLength == nil && s.Enum == nil && s.Pattern == "" && s.Format == "" {
			s.MinLength = &one
			if _, isID := s.Extensions[prefixExtension]; !isID { // what is no id is refused as such
				s.Pattern, s.PatternDescription = notBlank, "a text that isn't blank"
			}
		}
	}
	s.PrecomputeMessages()
	t.walk(s)
}
