package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi/livestream"
)

// patches writes how the interface reads the patches of a table's stream, by the Go types that the server writes them with.
func patches(path string) error {
	var b strings.Builder
	b.WriteString(`// Written by make generate from adapters/httpapi/livestream; not to be changed by hand.
import { z } from 'zod';

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
const value: z.ZodType<Value> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(value), z.record(z.string(), value)]),
);

`)
	shape, members := livestream.Shape(), map[string]string{}
	for i := range shape.NumField() {
		f := shape.Field(i)
		name, optional := jsonName(f)
		t, err := zod(f.Type)
		if err != nil {
			return fmt.Errorf("patches: %s: %w", f.Name, err)
		}
		if optional {
			t += ".nullish()"
		}
		members[name] = t
	}
	for _, shared := range []string{"actor"} {
		fmt.Fprintf(&b, "const %s = %s;\n", shared, members[shared])
	}
	b.WriteString("\n/** What the stream of a table says. */\nexport const patchSchema = z.discriminatedUnion('kind', [\n")
	kinds := livestream.Kinds()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(&b, "  z.looseObject({\n    kind: z.literal('%s'),\n    position: %s,\n    actor,\n", kind, members["position"])
		for _, m := range kinds[kind] {
			if members[m] == "" {
				return fmt.Errorf("patches of kind %s have no member %s", kind, m)
			}
			fmt.Fprintf(&b, "    %s: %s,\n", m, members[m])
		}
		b.WriteString("  }),\n")
	}
	b.WriteString("]);\nexport type Patch = z.infer<typeof patchSchema>;\n")
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// jsonName returns the name of a field in JSON, and whether it may be absent.
func jsonName(f reflect.StructField) (string, bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, strings.Contains(options, "omitempty")
}

// zod writes how a type is read. A nil slice or map is null.
func zod(t reflect.Type) (string, error) {
	switch t {
	case reflect.TypeFor[json.RawMessage]():
		return "value", nil
	case reflect.TypeFor[time.Time]():
		return "z.string()", nil
	}
	switch t.Kind() {
	case reflect.String:
		return "z.string()", nil
	case reflect.Bool:
		return "z.boolean()", nil
	case reflect.Int64, reflect.Int, reflect.Float64:
		return "z.number()", nil
	case reflect.Pointer:
		return zod(t.Elem())
	case reflect.Slice:
		elem, err := zod(t.Elem())
		return "z.array(" + elem + ")", err
	case reflect.Map:
		elem, err := zod(t.Elem())
		if t.Elem().Kind() == reflect.Slice {
			elem += ".nullable()"
		}
		return "z.record(z.string(), " + elem + ")", err
	case reflect.Struct:
		var parts []string
		for i := range t.NumField() {
			name, optional := jsonName(t.Field(i))
			member, err := zod(t.Field(i).Type)
			if err != nil {
				return "", err
			}
			if optional {
				member += ".nullish()"
			}
			parts = append(parts, name+": "+member)
		}
		return "z.looseObject({ " + strings.Join(parts, ", ") + " })", nil
	default:
		return "", fmt.Errorf("a %s has no reader in the interface", t)
	}
}
