package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

type part struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty" enum:"a,b"`
}

type loose struct {
	httpapi.InWorkspace
	Table kernel.TableID `path:"tableId"`
	Row   kernel.RowID   `query:"row"`
	Many  int            `query:"many"`
	One   string         `query:"choice" enum:"a,b"`
	Body  struct {
		Name    string            `json:"name"`
		Columns []kernel.ColumnID `json:"columns"`
		View    kernel.ViewID     `json:"view,omitempty"`
		Zone    string            `json:"time_zone,omitempty"`
		Count   int               `json:"count,omitempty"`
		Part    *part             `json:"part,omitempty"`
	}
}

const (
	tbl = "tbl_01ARZ3NDEKTSV4RRFFQ69G5FAV"
	row = "row_01ARZ3NDEKTSV4RRFFQ69G5FAV"
	col = "col_01ARZ3NDEKTSV4RRFFQ69G5FAV"
)

// looseFixture has an endpoint whose input says nothing but its types.
func looseFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	httpapi.Write(f.api, httpapi.Op{ID: "loose", Method: http.MethodPost, Path: "W/tables/{tableId}/loose", Tag: "notes", Scope: httpapi.TableInPath, Action: workspace.EditRows, Rate: httpapi.Enrichment},
		func(_ context.Context, _ kernel.Meta, in *loose) (commands.Result[part], error) {
			if in.Table != tbl {
				return commands.Result[part]{}, kernel.NotFound("table", string(in.Table))
			}
			return commands.Result[part]{Value: part{Name: in.Body.Name}}, nil
		})
	return f
}

func TestWhatARequestMustBeFollowsFromItsTypes(t *testing.T) {
	t.Parallel()
	f := looseFixture(t)
	const path = "/workspaces/" + ws + "/tables/" + tbl + "/loose"
	good := map[string]any{"name": "x", "columns": []string{col}}
	with := func(name string, v any) string {
		b := map[string]any{name: v}
		for k, v := range good {
			if _, changed := b[k]; !changed {
				b[k] = v
			}
		}
		raw, err := json.Marshal(b)
		require.NoError(t, err)
		return string(raw)
	}
	fine := with("name", "x")
	for what, c := range map[string]struct {
		path, body string
		status     int
	}{
		"what fits":                   {path, fine, 200},
		"null for a required text":    {path, with("name", nil), 422},
		"nothing for a required text": {path, with("name", ""), 422},
		"blanks for a required text":  {path, with("name", " \t\r\n "), 422},
		"a text among blanks":         {path, with("name", " \n x "), 200},
		"null for a required list":    {path, with("columns", nil), 422},
		"an optional id left empty":   {path, with("view", ""), 200},
		"an optional id as null":      {path, with("view", nil), 200},
		"an optional object as null":  {path, with("part", nil), 200},
		"a zone":                      {path, with("time_zone", "America/Argentina/Buenos_Aires"), 200},
		"the largest whole number":    {path, with("count", 1<<53-1), 200},
		"a number beyond it":          {path, with("count", 1<<53), 422},
		"a whole number with a point": {path, strings.Replace(with("count", 7), "7", "7.0", 1), 422},
		"a nested empty text":         {path, with("part", part{}), 422},
		"a nested kind as null":       {path, with("part", map[string]any{"name": "x", "kind": nil}), 200},
		"a member too many":           {path, with("more", 1), 422},
		"an id in the query":          {path + "?row=" + row, fine, 200},
		"another id in the query":     {path + "?row=" + tbl, fine, 404},
		"no id in the query":          {path + "?row=", fine, 200},
		"no number in the query":      {path + "?many=", fine, 422},
		"no choice in the query":      {path + "?choice=", fine, 422},
		"a choice in the query":       {path + "?choice=b", fine, 200},
		"a parameter given twice":     {path + "?many=1&many=x", fine, 422},
		"an id of no table":           {"/workspaces/" + ws + "/tables/x/loose", fine, 404},
	} {
		require.Equal(t, c.status, f.call(http.MethodPost, c.path, c.body).status, what)
	}
}

// What a number's field can't hold is said of that field, in words that know nothing of the program's types.
func TestANumberThatDoesNotFitNamesItsField(t *testing.T) {
	t.Parallel()
	f := looseFixture(t)
	const path = "/workspaces/" + ws + "/tables/" + tbl + "/loose"
	for number, says := range map[string]string{
		"1e400": "not 1e400", "-1e400": "not -1e400", "1e-400": "the number 1e-400 does not fit", "7.0": "the number 7.0 does not fit", "7e0": "the number 7e0 does not fit",
		"7.5": "expected integer, not 7.5", strings.Repeat("7", 100_000): "not " + strings.Repeat("7", 100) + "…",
	} {
		r := f.call(http.MethodPost, path, `{"name":"x","columns":["`+col+`"],"count":`+number+`}`)
		f.fails(r, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Equal(t, "count", r.Error.Details[0].Field, number[:min(len(number), 10)])
		require.Contains(t, r.Error.Message, says)
		require.Less(t, len(r.raw), 700)
		require.NotContains(t, r.raw, "Go ")
	}
	r := f.call(http.MethodPost, path+"?many=1e400", `{"name":"x","columns":["`+col+`"]}`)
	f.fails(r, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	require.Equal(t, `many: invalid integer: "1e400"`, r.Error.Message)
}

func TestTheDocumentSaysWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	type schema struct {
		Ref        string   `json:"$ref"`
		Type       any      `json:"type"`
		Enum       []any    `json:"enum"`
		Pattern    string   `json:"pattern"`
		MinLength  int      `json:"minLength"`
		Maximum    float64  `json:"maximum"`
		Required   []string `json:"required"`
		Items      *schema  `json:"items"`
		AnyOf      []schema `json:"anyOf"`
		Properties map[string]schema
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name   string
				Schema schema
			}
			Responses map[string]struct {
				Content map[string]struct{ Schema schema }
			}
		}
		Components struct{ Schemas map[string]schema }
	}
	raw := looseFixture(t).call(http.MethodGet, "/openapi.json", "", "Authorization", "").raw
	require.NoError(t, json.Unmarshal([]byte(raw), &doc))

	op := doc.Paths["/api/v1/workspaces/{workspaceId}/tables/{tableId}/loose"]["post"]
	for _, status := range []string{"400", "401", "402", "403", "404", "405", "409", "413", "415", "422", "429", "500", "503"} {
		require.Equal(t, "#/components/schemas/Failure", op.Responses[status].Content["application/json"].Schema.Ref, status)
	}
	ping := doc.Paths["/api/v1/ping"]["get"].Responses
	for _, status := range []string{"402", "409", "413", "415"} {
		require.NotContains(t, ping, status, "a read without a body and a price")
	}
	patterns := map[string]string{}
	for _, p := range op.Parameters {
		patterns[p.Name] = p.Schema.Pattern
	}
	const ulid = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
	require.Equal(t, "^tbl_"+ulid+"$", patterns["tableId"])
	require.Equal(t, "^ws_"+ulid+"$", patterns["workspaceId"])
	require.Equal(t, "^[!-~]{0,100}$", patterns["Idempotency-Key"])

	body := doc.Components.Schemas["LooseBody"]
	require.Equal(t, 1, body.Properties["name"].MinLength)
	require.Equal(t, "[^ \\t\\r\\n]", body.Properties["name"].Pattern)
	require.Equal(t, "array", body.Properties["columns"].Type)
	require.Equal(t, "^col_"+ulid+"$", body.Properties["columns"].Items.Pattern)
	require.Equal(t, []any{"string", "null"}, body.Properties["view"].Type)
	require.InDelta(t, float64(1<<53-1), body.Properties["count"].Maximum, 0)
	require.Equal(t, "#/components/schemas/Httpapi_testPartInput", body.Properties["part"].AnyOf[0].Ref, "the answer has a Part too, and never a null in it")
	require.Equal(t, []any{"a", "b", nil}, doc.Components.Schemas["Httpapi_testPartInput"].Properties["kind"].Enum)
	require.Equal(t, []any{"a", "b"}, doc.Components.Schemas["Httpapi_testPart"].Properties["kind"].Enum)
	require.False(t, slices.Contains(doc.Components.Schemas["Httpapi_testPart"].Required, "kind"))
}
