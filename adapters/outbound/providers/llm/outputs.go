package llm

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

const maxOutputs = 20

// Output is one field of the answer.
type Output struct {
	Type        enrichment.FieldType `json:"type"` // text when empty
	Description string               `json:"description"`
	Enum        []string             `json:"enum"` // of a text: the values that it may have
}

// Outputs are the fields of the answer by name.
type Outputs map[string]Output

// OutputsSchema is the JSON Schema of Outputs.
const OutputsSchema = `{"type":"object","minProperties":1,"maxProperties":20,"additionalProperties":{
  "type":"object","additionalProperties":false,"properties":{
    "type":{"type":"string","enum":["text","email","url","phone","domain","number","boolean","date","list"]},
    "description":{"type":"string","maxLength":500},
    "enum":{"type":"array","items":{"type":"string","maxLength":100},"maxItems":50}}}}`

// Complete fills in what is left out.
func (o Outputs) Complete() {
	for name, f := range o {
		if f.Type == "" {
			f.Type = enrichment.FieldText
			o[name] = f
		}
	}
}

var outputName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,49}$`)

// confidenceField is what every answer holds besides the outputs.
const confidenceField = "confidence"

// Fields are the outputs as a provider's; those that every answer has besides are reserved. An error says what is wrong with them.
func (o Outputs) Fields(reserved ...string) ([]enrichment.Field, error) {
	if len(o) == 0 || len(o) > maxOutputs {
		return nil, fmt.Errorf("name 1 to %d outputs", maxOutputs)
	}
	var out []enrichment.Field
	for _, name := range o.Names() {
		f := o[name]
		if !outputName.MatchString(name) || name == confidenceField || slices.Contains(reserved, name) {
			return nil, fmt.Errorf("the output %.50q must be letters, digits and _, and none of %q, which every answer has", name,
				append([]string{confidenceField}, reserved...))
		}
		switch f.Type {
		case enrichment.FieldText, enrichment.FieldEmail, enrichment.FieldURL, enrichment.FieldPhone, enrichment.FieldDomain,
			enrichment.FieldNumber, enrichment.FieldBoolean,
			enrichment.FieldDate, enrichment.FieldList:
		default:
			return nil, fmt.Errorf("the type of the output %s is not text, email, url, phone, domain, number, boolean, date or list", name)
		}
		if len(f.Enum) > 50 || len(f.Enum) > 0 && f.Type != enrichment.FieldText {
			return nil, fmt.Errorf("only a text has an enum, of at most 50 values; %s has not", name)
		}
		out = append(out, enrichment.Field{Name: name, Label: name, Type: f.Type, Description: f.Description})
	}
	return out, nil
}

// Names are the outputs' names in order.
func (o Outputs) Names() []string { return slices.Sorted(maps.Keys(o)) }

// Schema is the JSON Schema of an answer with the outputs and a confidence, in the subset that all endpoints know: every property is
// required, and null stands for what is not known.
func (o Outputs) Schema() map[string]any {
	props := map[string]any{confidenceField: map[string]any{"type": []string{"integer", "null"}, "description": "0 to 100"}}
	for name, f := range o {
		props[name] = f.schema()
	}
	return Object(props)
}

// Object is the JSON Schema of an object that has exactly the properties.
func Object(props map[string]any) map[string]any {
	return map[string]any{"type": "object", "properties": props, "required": slices.Sorted(maps.Keys(props)), "additionalProperties": false}
}

func (f Output) schema() map[string]any {
	p := map[string]any{}
	switch f.Type {
	case enrichment.FieldNumber:
		p["type"] = []string{"number", "null"}
	case enrichment.FieldBoolean:
		p["type"] = []string{"boolean", "null"}
	case enrichment.FieldList:
		p["type"], p["items"] = []string{"array", "null"}, map[string]any{"type": "string"}
	default:
		p["type"] = []string{"string", "null"}
	}
	if len(f.Enum) > 0 {
		values := make([]any, 0, len(f.Enum)+1)
		for _, v := range f.Enum {
			values = append(values, v)
		}
		p["enum"] = append(values, nil)
	}
	describe := f.Description
	if hint := formats[f.Type]; hint != "" {
		describe = strings.TrimSpace(describe + " " + hint)
	}
	if describe != "" {
		p["description"] = describe
	}
	return p
}

// formats say how a text is written.
var formats = map[enrichment.FieldType]string{ //nolint:gochecknoglobals // a constant table
	enrichment.FieldEmail:  "An email address.",
	enrichment.FieldURL:    "A whole address with https://.",
	enrichment.FieldPhone:  "A phone number with + and the country's code.",
	enrichment.FieldDomain: "A domain such as example.com.",
	enrichment.FieldDate:   "A date as YYYY-MM-DD.",
}

// Read takes the outputs and the confidence out of an answer's object; an error says in words that the model can mend what does not fit.
// What is null, or an empty text, is left out.
func (o Outputs) Read(got map[string]any) (outputs map[string]any, confidence *float64, err error) {
	outputs = map[string]any{}
	for name := range got {
		if _, ok := o[name]; !ok && name != confidenceField {
			return nil, nil, fmt.Errorf("it has a field %.50q that the schema does not name", name)
		}
	}
	for _, name := range o.Names() {
		v, ok := got[name]
		if !ok {
			return nil, nil, fmt.Errorf("the field %q is missing", name)
		}
		if v, err = o[name].check(v); err != nil {
			return nil, nil, fmt.Errorf("the field %q %w", name, err)
		}
		if v != nil {
			outputs[name] = v
		}
	}
	if n, ok := got[confidenceField].(json.Number); ok {
		if f, err := n.Float64(); err == nil && f >= 0 && f <= 100 {
			f /= 100
			confidence = &f
		}
	}
	return outputs, confidence, nil
}
