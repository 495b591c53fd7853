package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/domain/enrichment"
)

const (
	maxText = 8000 // bytes of a text in an answer
	maxList = 200
)

var errNoObject = errors.New("it is not one JSON object")

// ReadObject takes the one JSON object out of what a model wrote. Endpoints promise a schema and don't keep it, so a fence or a sentence
// around the object is taken away; everything else is a fault, told in words that the model can mend.
func ReadObject(text string) (map[string]any, error) {
	text = strings.TrimSpace(text)
	from, to := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}')
	if from < 0 || to < from {
		return nil, errNoObject
	}
	v, err := answer.Decode([]byte(text[from : to+1]))
	if err != nil {
		return nil, errNoObject
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, errNoObject
	}
	return o, nil
}

// check says whether the value is of the output's type; null, and a text that is empty, are no value.
func (o Output) check(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return o.checkText(v)
	case json.Number:
		if o.Type != enrichment.FieldNumber {
			return nil, fmt.Errorf("is a number, not a %s", o.Type)
		}
		return v, answer.CheckNumbers(v)
	case bool:
		if o.Type != enrichment.FieldBoolean {
			return nil, fmt.Errorf("is a boolean, not a %s", o.Type)
		}
		return v, nil
	case []any:
		return o.checkList(v)
	default:
		return nil, fmt.Errorf("is an object, not a %s", o.Type)
	}
}

func (o Output) checkText(v string) (any, error) {
	switch o.Type {
	case enrichment.FieldNumber, enrichment.FieldBoolean, enrichment.FieldList:
		return nil, fmt.Errorf("is a text, not a %s", o.Type)
	default:
	}
	v = strings.TrimSpace(v)
	switch {
	case len(v) > maxText:
		return nil, fmt.Errorf("has more than %d bytes", maxText)
	case v == "":
		return nil, nil
	case len(o.Enum) > 0 && !slices.Contains(o.Enum, v):
		return nil, errors.New("is none of the values of its enum")
	}
	return v, nil
}

func (o Output) checkList(v []any) (any, error) {
	if o.Type != enrichment.FieldList {
		return nil, fmt.Errorf("is a list, not a %s", o.Type)
	}
	if len(v) > maxList {
		return nil, fmt.Errorf("has more than %d elements", maxList)
	}
	out := make([]string, 0, len(v))
	for _, e := range v {
		s, ok := e.(string)
		if !ok || len(s) > maxText {
			return nil, errors.New("has an element that is not a short text")
		}
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}
