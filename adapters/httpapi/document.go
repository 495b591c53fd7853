package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	schemasRef  = "#/components/schemas/"
	ulidPattern = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
	zonePattern = "[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*"
)

// node is an object of the document.
type node = map[string]any

// Document returns the OpenAPI document as it is published. It adds what huma's types can't say: in a request, a member that may be left
// out may as well be null, and answers never hold such a null; and ids and zones have a form. That form is not enforced by the schema:
// the domain refuses what names nothing, and says of which thing (404 in a path, one failed row in a batch). A schema that both hold is
// there twice, for requests with the name's end Input.
func (a *API) Document() ([]byte, error) {
	raw, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	doc := node{}
	read := json.NewDecoder(bytes.NewReader(raw))
	read.UseNumber()
	if err := read.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	separate(doc)
	var b bytes.Buffer
	write := json.NewEncoder(&b)
	write.SetEscapeHTML(false)
	if err := write.Encode(doc); err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return b.Bytes(), nil
}

// separate gives requests schemas of their own.
func separate(doc node) {
	components, _ := doc["components"].(node)
	schemas, _ := components["schemas"].(node)
	asked, answered := map[string]bool{}, map[string]bool{}
	bodies := []node{}
	paths, _ := doc["paths"].(node)
	for _, item := range paths {
		operations, _ := item.(node)
		for _, op := range operations {
			op, _ := op.(node)
			refs(op["responses"], schemas, answered)
			refs(op["requestBody"], schemas, asked)
			params, _ := op["parameters"].([]any)
			for _, p := range params {
				p, _ := p.(node)
				name, _ := p["name"].(string)
				form(name, p["schema"], p["required"] == true)
				orEmpty(p)
			}
			if body, ok := op["requestBody"].(node); ok {
				bodies = append(bodies, body)
			}
		}
	}
	named := func(name string) string {
		if answered[name] {
			return name + "Input"
		}
		return name
	}
	made := node{}
	for name := range asked {
		s, _ := requested(schemas[name], named).(node)
		made[named(name)] = s
	}
	maps.Copy(schemas, made)
	for _, body := range bodies {
		renamed, _ := requested(body, named).(node) // an object stays one
		maps.Copy(body, renamed)
	}
}

// refs collects the names of the schemas that v holds, and what they hold.
func refs(v any, schemas node, into map[string]bool) {
	switch v := v.(type) {
	case node:
		if ref, ok := v["$ref"].(string); ok {
			if name := strings.TrimPrefix(ref, schemasRef); !into[name] {
				into[name] = true
				refs(schemas[name], schemas, into)
			}
		}
		for _, e := range v {
			refs(e, schemas, into)
		}
	case []any:
		for _, e := range v {
			refs(e, schemas, into)
		}
	}
}

// requested is a copy of v for requests.
func requested(v any, named func(string) string) any {
	switch v := v.(type) {
	case node:
		c := make(node, len(v))
		for key, e := range v {
			c[key] = requested(e, named)
		}
		if ref, ok := c["$ref"].(string); ok {
			c["$ref"] = schemasRef + named(strings.TrimPrefix(ref, schemasRef))
		}
		if items, ok := c["items"]; ok {
			form("", items, true)
		}
		orNull(c)
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = requested(e, named)
		}
		return c
	default:
		return v
	}
}

// orNull lets the members of an object's schema be null that may be left out.
func orNull(schema node) {
	properties, ok := schema["properties"].(node)
	if !ok {
		return
	}
	required, _ := schema["required"].([]any)
	for name, p := range properties {
		member, ok := p.(node)
		must := slices.Contains(required, any(name))
		form(name, p, must)
		if !ok || must {
			continue
		}
		if _, isRef := member["$ref"]; isRef {
			properties[name] = node{"anyOf": []any{member, node{"type": "null"}}}
		}
		if kind, ok := member["type"].(string); ok {
			member["type"] = []any{kind, "null"}
		}
		if values, ok := member["enum"].([]any); ok {
			member["enum"] = append(values, nil)
		}
	}
}

// form documents the pattern of an id or a zone, unless it has one of its own.
func form(name string, schema any, required bool) {
	s, _ := schema.(node)
	pattern := ""
	if prefix, ok := s[prefixExtension].(string); ok {
		pattern = prefix + "_" + ulidPattern
	} else if name == "time_zone" {
		pattern = zonePattern
	}
	if _, own := s["pattern"]; own || pattern == "" {
		return
	}
	if required {
		s["pattern"] = "^" + pattern + "$"
		return
	}
	s["pattern"] = "^(" + pattern + ")?$" // empty is as good as left out
}

// orEmpty documents that an empty parameter of the query is as good as one that is left out.
func orEmpty(param node) {
	s, _ := param["schema"].(node)
	_, pattern := s["pattern"]
	_, format := s["format"]
	if param["in"] == "query" && param["required"] != true && s["type"] == "string" && (pattern || format) {
		param["schema"] = node{"anyOf": []any{s, node{"type": "string", "maxLength": 0}}}
	}
}
