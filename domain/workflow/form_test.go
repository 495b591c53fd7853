package workflow_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/workflow"
)

// illFormed makes, for each field of the type and of what it holds, a value in which that field alone has no form that it may have.
func illFormed(typ reflect.Type, at string, each func(field string, v reflect.Value)) {
	const signs = "\u0084"
	v := reflect.New(typ).Elem()
	switch {
	case typ == reflect.TypeFor[json.RawMessage]():
		for name, raw := range map[string]string{
			"column": `{"column":"\u0084","op":"is","value":1}`, "operator": `{"column":"a","op":"\u0084"}`, "shape": `[{}]`, "text": `"a"`,
			"rest": `{"column":"a","op":"is"} 7`, "deep": strings.Repeat(`{"and":[`, 3000) + strings.Repeat(`]}`, 3000), "two": `{"and":[],"or":[]}`,
			"within": `{"or":[{"and":[{"column":""}]}]}`, "many": `{"or":[` + strings.Repeat(`{"and":[]},`, 300) + `{"and":[]}]}`,
		} {
			v.SetBytes([]byte(raw))
			each(at+" "+name, v)
		}
	case typ.Kind() == reflect.String:
		v.SetString(signs)
		each(at, v)
		v.SetString(strings.Repeat("a", 300))
		each(at+" long", v)
	case typ.Kind() == reflect.Int64 || typ.Kind() == reflect.Int:
		v.SetInt(-1)
		each(at, v)
	case typ.Kind() == reflect.Bool: // has no wrong form
	case typ.Kind() == reflect.Slice:
		illFormed(typ.Elem(), at+"[]", func(field string, e reflect.Value) { each(field, reflect.Append(v, e)) })
		each(at+" long", reflect.MakeSlice(typ, 1000, 1000))
	case typ.Kind() == reflect.Map:
		illFormed(typ.Key(), at+" key", func(field string, key reflect.Value) {
			m := reflect.MakeMap(typ)
			m.SetMapIndex(key, reflect.Zero(typ.Elem()))
			each(field, m)
		})
		if typ.Elem() == reflect.TypeFor[json.RawMessage]() { // a cell's value, which is known when its column is
			return
		}
		illFormed(typ.Elem(), at+" value", func(field string, value reflect.Value) {
			m := reflect.MakeMap(typ)
			m.SetMapIndex(reflect.ValueOf(ask).Convert(typ.Key()), value)
			each(field, m)
		})
	case typ.Kind() == reflect.Struct:
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			illFormed(typ.Field(i).Type, at+"."+name, func(field string, value reflect.Value) {
				whole := reflect.New(typ).Elem()
				whole.Field(i).Set(value)
				each(field, whole)
			})
		}
	default:
		panic("say how a " + typ.String() + " can be ill-formed")
	}
}

// TestEachFieldOfAConfigHasAForm: a field that is new and not checked fails here. What a kind has no use for is refused too.
func TestEachFieldOfAConfigHasAForm(t *testing.T) {
	t.Parallel()
	tried := 0
	illFormed(reflect.TypeFor[workflow.Config](), "config", func(field string, v reflect.Value) {
		config, _ := v.Interface().(workflow.Config)
		for _, kind := range workflow.Kinds() {
			tried++
			g := workflow.Graph{Nodes: []workflow.Node{{ID: "a", Kind: kind, Config: config}}}
			require.Error(t, g.Validate(), "%s of %s", field, kind)
		}
	})
	require.Greater(t, tried, 100)
	require.NoError(t, workflow.Graph{Nodes: []workflow.Node{{ID: "a", Kind: workflow.Filter, Config: only(
		`{"and":[{"column":"Name","op":"is","value":["x"]},{"or":[]}]}`)}}}.Validate())
}

func TestAConnectionAndANodeHaveAForm(t *testing.T) {
	t.Parallel()
	g := simple()
	g.Edges[0].Port = "\u0084"
	require.Error(t, g.Validate())
	g = simple()
	g.Nodes[0].Name = "\u0084"
	require.Error(t, g.Validate())
}
