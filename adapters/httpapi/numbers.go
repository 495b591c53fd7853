package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/morket/morket/domain/kernel"
)

// JSON's numbers have no end, those of Go have: what is beyond them is the fault of one field, not of the whole body, and the message
// quotes its beginning only.

// decode reads a body: first into an any, which is checked against the schema, then into the endpoint's input.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return inWords(err, len(data))
	}
	if checked, ok := into.(*any); ok {
		return numbered(data, checked)
	}
	return misfit{field: wrong.Field, number: strings.TrimPrefix(wrong.Value, "number ")}
}

// inWords says where a body of so many bytes stops being JSON.
func inWords(err error, size int) error {
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		return err
	case syntax.Offset >= int64(size):
		return errors.New("the JSON ends too early")
	default:
		return fmt.Errorf("this is not JSON; byte %d makes no sense", syntax.Offset)
	}
}

// numbered decodes with numbers that no float64 holds as they are written: the schema refuses them where it wants a number, and says
// nothing where a value of any kind may be, such as a cell's.
func numbered(data []byte, into *any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	*into = floats(*into)
	return nil
}

func floats(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := strconv.ParseFloat(string(v), 64); err == nil {
			return f
		}
	case map[string]any:
		for k, e := range v {
			v[k] = floats(e)
		}
	case []any:
		for i, e := range v {
			v[i] = floats(e)
		}
	}
	return v
}

// misfit is a number that the schema takes and the input can't hold, such as 1.0 for an int.
type misfit struct{ field, number string }

const misfitMark = ": the number "

// Error implements error. Huma passes only the text on, so that detailOf finds the field in it.
func (m misfit) Error() string {
	return m.field + misfitMark + kernel.Shorten(m.number) + " does not fit; write a whole number with digits only"
}

// quoted adds to a complaint the number that it is about.
func quoted(e *huma.ErrorDetail) string {
	switch v := e.Value.(type) {
	case json.Number:
		return e.Message + ", not " + kernel.Shorten(string(v))
	case float64:
		return e.Message + ", not " + strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		if strings.HasPrefix(e.Location, "query.") {
			return fmt.Sprintf("%s: %q", e.Message, kernel.Shorten(v))
		}
	}
	return e.Message
}
