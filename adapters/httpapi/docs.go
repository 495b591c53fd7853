package httpapi

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/workspace"
)

//go:embed docs.html
var docsHTML string

type docsPage struct {
	Base, Version string
	Groups        []docsGroup
	Permissions   []workspace.Rule
}

type docsGroup struct {
	Tag string
	Ops []docsOp
}

type docsOp struct {
	ID, Method, Path, Summary, Description, Body, Answer, Status string
	Params                                                       []docsParam
}

type docsParam struct {
	Name, In, Type, Doc string
	Required            bool
}

// ServeDocs adds the human documents at /docs, drawn from the OpenAPI document. Call it after the endpoints are added.
func (a *API) ServeDocs() error {
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return fmt.Errorf("parse the docs page: %w", err)
	}
	render := sync.OnceValues(func() (string, error) {
		var b strings.Builder
		err := t.Execute(&b, a.docs())
		return b.String(), err
	})
	a.echo.GET("/docs", func(c echo.Context) error {
		page, err := render()
		if err != nil {
			return fmt.Errorf("render the docs page: %w", err)
		}
		return c.HTML(http.StatusOK, page)
	})
	return nil
}

func (a *API) docs() docsPage {
	page := docsPage{Base: Base, Version: a.cfg.Version, Permissions: workspace.Permissions()}
	byTag := map[string][]docsOp{}
	doc := a.OpenAPI()
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{
			"GET":    item.Get,
			"POST":   item.Post,
			"PUT":    item.Put,
			"PATCH":  item.Patch,
			"DELETE": item.Delete,
		} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], describe(doc, method, path, op))
			}
		}
	}
	for tag, ops := range byTag {
		sort.Slice(ops, func(i, j int) bool { return ops[i].Path+ops[i].Method < ops[j].Path+ops[j].Method })
		page.Groups = append(page.Groups, docsGroup{Tag: tag, Ops: ops})
	}
	sort.Slice(page.Groups, func(i, j int) bool { return page.Groups[i].Tag < page.Groups[j].Tag })
	return page
}

func describe(doc *huma.OpenAPI, method, path string, op *huma.Operation) docsOp {
	d := docsOp{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		d.Params = append(d.Params, docsParam{Name: p.Name, In: p.In, Type: typeName(p.Schema), Doc: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil {
			d.Body = outline(doc, m.Schema, 0)
		}
	}
	d.Status = strconv.Itoa(op.DefaultStatus)
	if r := op.Responses[d.Status]; r != nil {
		if m := r.Content["application/json"]; m != nil {
			d.Answer = outline(doc, m.Schema, 0)
		}
	}
	return d
}

func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == "array":
		return "[" + typeName(s.Items) + "]"
	case len(s.Enum) > 0:
		names := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			names[i] = fmt.Sprint(e)
		}
		return strings.Join(names, " | ")
	case s.Type == "":
		return "any"
	default:
		return s.Type
	}
}

// maxOutline keeps recursive types (filters) finite.
const maxOutline = 5

// outline writes a schema as indented JSON-like text.
func outline(doc *huma.OpenAPI, s *huma.Schema, depth int) string {
	if s == nil || depth > maxOutline {
		return typeName(s)
	}
	if s.Ref != "" {
		return outline(doc, doc.Components.Schemas.SchemaFromRef(s.Ref), depth)
	}
	if s.Type == "array" {
		return "[" + outline(doc, s.Items, depth) + "]"
	}
	if len(s.Properties) == 0 {
		return typeName(s)
	}
	names := make([]string, 0, len(s.Properties))
	for n := range s.Properties {
		names = append(names, n)
	}
	sort.Strings(names)
	required := map[string]bool{}
	for _, r := range s.Required {
		required[r] = true
	}
	pad := strings.Repeat("  ", depth+1)
	var b strings.Builder
	b.WriteString("{\n")
	for _, n := range names {
		mark := "?"
		if required[n] {
			mark = ""
		}
		b.WriteString(pad + n + mark + ": " + outline(doc, s.Properties[n], depth+1) + "\n")
	}
	b.WriteString(strings.Repeat("  ", depth) + "}")
	return b.String()
}
