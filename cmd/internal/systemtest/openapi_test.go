package systemtest_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// document is what the tests use of an OpenAPI document.
type document struct {
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID         string      `json:"operationId"`
	Parameters []parameter `json:"parameters"`
	Body       *struct {
		Content map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]any `json:"content"`
	} `json:"responses"`
	Security []map[string][]string `json:"security"`
	Scope    string                `json:"x-scope"`

	method, path string
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

// schema is a JSON schema, as far as it is needed to make a value that fits.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"` // a name, or a list of names
	Format     string             `json:"format"`
	Pattern    string             `json:"pattern"`
	Enum       []any              `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	AnyOf      []*schema          `json:"anyOf"`
	Prefix     string             `json:"x-id-prefix"` // of an id
}

// describe fetches the server's own description of its API. Operations that destroy what the others use come last.
func describe(t *testing.T, s *server) (document, []*operation) {
	t.Helper()
	var d document
	r, err := (&client{t: t, base: s.url}).try(t.Context(), http.MethodGet, "/api/v1/openapi.json", nil)
	require.NoError(t, err)
	require.NoError(t, r.into(&d))
	var all []*operation
	for path, item := range d.Paths {
		for method, op := range item {
			op.method, op.path = strings.ToUpper(method), path
			all = append(all, op)
		}
	}
	require.Greater(t, len(all), 70)
	slices.SortFunc(all, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.harm(), b.harm()), cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return d, all
}

// harm orders operations by how much they would spoil for the others.
func (o *operation) harm() int {
	switch {
	case o.ID == "logout" || o.ID == "revoke-session" || o.ID == "revoke-other-sessions" || o.ID == "change-password":
		return 4
	case o.ID == "delete-workspace":
		return 3
	case o.ID == "trash-table" || o.ID == "remove-member" || o.ID == "change-member-role":
		return 2
	case o.method == http.MethodDelete || o.ID == "cancel-import" || o.ID == "commit-import":
		return 1
	default:
		return 0
	}
}

func (o *operation) body() *schema {
	if o.Body == nil {
		return nil
	}
	return o.Body.Content["application/json"].Schema
}

// pathParams are the names in the path's braces.
func (o *operation) pathParams() []string {
	var names []string
	for _, part := range strings.Split(o.path, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names = append(names, name)
	}
	return names
}

func (o *operation) queryParams() []string {
	var names []string
	for _, p := range o.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	return names
}

// fill puts ids into the path, and what must be there into the query.
func (o *operation) fill(ids map[string]string) string {
	path := o.path
	for _, name := range o.pathParams() {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(ids[name]))
	}
	for _, p := range o.Parameters {
		if p.In == "query" && p.Required {
			name := p.Name
			if o.ID == "list-differences" || o.ID == "count-differences" {
				name = "moment"
			}
			path = with(path, p.Name+"="+url.QueryEscape(word(p.Schema, name, ids)))
		}
	}
	if o.ID == "get-enrichment-funnel" {
		path = with(path, "column="+url.QueryEscape(ids["columnId"]))
	}
	if o.ID == "list-groups" {
		path = with(path, "group="+url.QueryEscape(ids["columnId"]))
	}
	return path
}

// sample makes a value that fits the schema. Where a property's name says that an id is wanted, it is one of ids.
func (d document) sample(s *schema, name string, ids map[string]string, depth int) any {
	if s == nil || depth > 8 {
		return "x"
	}
	if s.Ref != "" {
		return d.sample(d.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]], name, ids, depth+1)
	}
	if len(s.AnyOf) > 0 { // the other is null
		return d.sample(s.AnyOf[0], name, ids, depth+1)
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	switch kind(s) {
	case "object":
		out := map[string]any{}
		for p, sub := range s.Properties {
			out[p] = d.sample(sub, p, ids, depth+1)
		}
		return out
	case "array":
		return []any{d.sample(s.Items, strings.TrimSuffix(name, "s"), ids, depth+1)}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	case "string":
		return word(s, name, ids)
	default:
		return "x"
	}
}

// deref follows references, and the first of two choices: the other is null.
func (d document) deref(s *schema) *schema {
	for s != nil && (s.Ref != "" || len(s.AnyOf) > 0) {
		if s.Ref != "" {
			s = d.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
		} else {
			s = s.AnyOf[0]
		}
	}
	return s
}

// holds are the prefixes of the ids that a value of the schema may hold.
func (d document) holds(s *schema, depth int) []string {
	s = d.deref(s)
	if s == nil || depth > 8 {
		return nil
	}
	all := d.holds(s.Items, depth+1)
	if s.Prefix != "" {
		all = append(all, s.Prefix)
	}
	for _, p := range s.Properties {
		all = append(all, d.holds(p, depth+1)...)
	}
	return all
}

// least makes the smallest value that fits the schema; with whole, one that has all ids that it may have.
func (d document) least(s *schema, name string, ids map[string]string, whole bool) any {
	s = d.deref(s)
	switch {
	case s == nil:
		return "x"
	case kind(s) == "object":
		out := map[string]any{}
		for p, sub := range s.Properties {
			if slices.Contains(s.Required, p) || whole && len(d.holds(sub, 0)) > 0 {
				out[p] = d.least(sub, p, ids, whole)
			}
		}
		return out
	case kind(s) == "array":
		return []any{d.least(s.Items, strings.TrimSuffix(name, "s"), ids, whole)}
	default:
		return d.sample(s, name, ids, 0)
	}
}

func kind(s *schema) string {
	switch k := s.Type.(type) {
	case string:
		return k
	case []any:
		for _, one := range k {
			if one != "null" {
				name, _ := one.(string)
				return name
			}
		}
	}
	return ""
}

// named are the names that ids of a kind have in paths, by their prefix.
var named = map[string]string{ //nolint:gochecknoglobals // a table
	"ws": "workspaceId", "tbl": "tableId", "row": "rowId", "col": "columnId", "viw": "viewId", "usr": "userId", "crd": "credentialId", "imp": "importId",
	"run": "jobId", "key": "keyId", "inv": "invitationId", "ses": "sessionId", "pky": "passkeyId", "sch": "searchId", "whk": "webhookId",
	"src": "sourceId", "fnd": "findId", "dup": "dedupId", "brn": "branchId", "exp": "exportId", "era": "erasureId",
	"con": "connectionId", "syn": "syncId", "syr": "syncRunId",
	"wfl": "workflowId", "wfr": "workflowRunId",
	"thr": "threadId", "cmt": "commentId",
}

func word(s *schema, name string, ids map[string]string) string {
	known := map[string]string{
		"table_id": "tableId", "row_id": "rowId", "column_id": "columnId", "column": "columnId", "key_column": "columnId", "after": "columnId",
		"view": "viewId", "user_id": "userId", "credential_id": "credentialId", "table": "tableId",
	}
	if id := ids[cmp.Or(named[s.Prefix], known[name])]; id != "" {
		return id
	}
	switch {
	case s.Format == "email" || name == "email":
		return cmp.Or(ids["email"], "somebody@example.com")
	case s.Format == "date-time":
		return "2031-01-01T00:00:00Z"
	case name == "role":
		return "member"
	case name == "type":
		return "text"
	case name == "op":
		return "is"
	case name == "filename":
		return "x.csv"
	case name == "object":
		return "companies"
	case name == "as_of", name == "moment":
		return time.Now().UTC().Format(time.RFC3339Nano)
	case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString("sample text"):
		return "sample"
	default:
		return cmp.Or(ids["text"], "sample text")
	}
}

func mustJSON(t *testing.T, v any) raw {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
