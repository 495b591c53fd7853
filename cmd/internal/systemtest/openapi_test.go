package systemtest_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

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
	Security []map[string][]string `json:"security"`

	method, path string
}

type parameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
}

// schema is a JSON schema, as far as it is needed to make a value that fits.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"` // a name, or a list of names
	Format     string             `json:"format"`
	Enum       []any              `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	AnyOf      []*schema          `json:"anyOf"`
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
	case o.ID == "logout" || o.ID == "revoke-session" || o.ID == "change-password":
		return 4
	case o.ID == "delete-workspace":
		return 3
	case o.ID == "trash-table" || o.ID == "remove-member" || o.ID == "change-member-role":
		return 2
	case o.method == http.MethodDelete:
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

// fill puts ids into the path.
func (o *operation) fill(ids map[string]string) string {
	path := o.path
	for _, name := range o.pathParams() {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(ids[name]))
	}
	if o.ID == "upload-import" {
		path += "?filename=x.csv"
	}
	if o.ID == "suggest" {
		path += "?q=private"
	}
	if o.ID == "get-enrichment-funnel" {
		path += "?column=" + url.QueryEscape(ids["columnId"])
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

func word(s *schema, name string, ids map[string]string) string {
	known := map[string]string{
		"table_id": "tableId", "row_id": "rowId", "column_id": "columnId", "column": "columnId", "key_column": "columnId", "after": "columnId",
		"view": "viewId", "user_id": "userId", "credential_id": "credentialId", "table": "tableId",
	}
	if id := ids[known[name]]; id != "" {
		return id
	}
	switch {
	case s.Format == "email" || name == "email":
		return "somebody@example.com"
	case s.Format == "date-time":
		return "2031-01-01T00:00:00Z"
	case name == "role":
		return "member"
	case name == "type":
		return "text"
	case name == "op":
		return "is"
	default:
		return "sample text"
	}
}

func mustJSON(t *testing.T, v any) raw {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
