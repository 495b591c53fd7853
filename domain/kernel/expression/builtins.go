package expression

import (
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// function is a builtin of the language. Each accounts for what it makes and reads before it does.
type function func(r *run, args []any) any

// available reports whether the language's builtin of the name is one of an expression.
func available(name string) bool {
	_, loop := loops[name]
	_, plain := functions[name]
	return loop || plain
}

func (c *compiler) builtin(n *ast.BuiltinNode) node {
	if do, ok := loops[n.Name]; ok {
		return c.loop(n, do)
	}
	f, ok := functions[n.Name]
	if !ok {
		panic("there is no function " + n.Name)
	}
	args := c.all(n.Arguments)
	if c.formula {
		f = forFormula(n.Name, f)
	}
	return func(r *run) any {
		r.charge(len(args) * scalarSize)
		return f(r, values(r, args))
	}
}

// functions are the builtins that are available; now is not, since an expression can't tell the time.
var functions = map[string]function{ //nolint:gochecknoglobals // a constant table
	"len":         length,
	"type":        scalar("type"),
	"abs":         scalar("abs"),
	"ceil":        scalar("ceil"),
	"floor":       scalar("floor"),
	"round":       scalar("round"),
	"int":         scalar("int"),
	"float":       scalar("float"),
	"string":      printed,
	"bitand":      scalar("bitand"),
	"bitor":       scalar("bitor"),
	"bitxor":      scalar("bitxor"),
	"bitnand":     scalar("bitnand"),
	"bitnot":      scalar("bitnot"),
	"bitshl":      scalar("bitshl"),
	"bitshr":      scalar("bitshr"),
	"bitushr":     scalar("bitushr"),
	"trim":        trim,
	"trimPrefix":  reading("trimPrefix"),
	"trimSuffix":  reading("trimSuffix"),
	"upper":       changing("upper"),
	"lower":       changing("lower"),
	"indexOf":     reading("indexOf"),
	"lastIndexOf": reading("lastIndexOf"),
	"hasPrefix":   reading("hasPrefix"),
	"hasSuffix":   reading("hasSuffix"),
	"split":       split(strings.SplitN),
	"splitAfter":  split(strings.SplitAfterN),
	"replace":     replace,
	"repeat":      repeat,
	"join":        join,
	"toJSON":      toJSON,
	"fromJSON":    fromJSON,
	"toBase64":    changing("toBase64"),
	"fromBase64":  fromBase64,
	"max":         numbers("max"),
	"min":         numbers("min"),
	"mean":        numbers("mean"),
	"median":      numbers("median"),
	"first":       edge(0),
	"last":        edge(-1),
	"get":         get,
	"take":        take,
	"keys":        keys,
	"values":      mapValues,
	"toPairs":     toPairs,
	"fromPairs":   fromPairs,
	"reverse":     reverse,
	"uniq":        uniq,
	"concat":      concat,
	"flatten":     flatten,
	"sort":        sortList,
	"date":        date,
	"duration":    duration,
	"timezone":    timezone,
}

// library calls the library's function of the name.
func library(name string, args []any) any {
	f := builtin.Builtins[builtin.Index[name]]
	var out any
	var err error
	switch {
	case f.Fast != nil:
		out = f.Fast(args[0])
	case f.Safe != nil:
		out, _, err = f.Safe(args...)
	default:
		out, err = f.Func(args...)
	}
	if err != nil {
		panic(err)
	}
	return normal(out)
}

// scalar is a function of numbers, or of a short text.
func scalar(name string) function {
	return func(r *run, args []any) any {
		r.charge(scalarSize)
		for _, a := range args {
			if s, ok := a.(string); ok && len(s) > 1000 {
				panic(name + " is not possible of a text of more than 1,000 bytes")
			}
		}
		return library(name, args)
	}
}

// text is an argument that must be one.
func text(args []any, i int) string {
	s, ok := args[i].(string)
	if !ok {
		panic(typeName(args[i]) + " is not a text")
	}
	return s
}

// list is an argument that must be one.
func list(args []any, i int) []any {
	if i >= len(args) {
		panic("a list is missing")
	}
	l, ok := args[i].([]any)
	if !ok {
		panic(typeName(args[i]) + " is not a list")
	}
	return l
}

func length(r *run, args []any) any {
	switch v := args[0].(type) {
	case string:
		r.read(len(v))
		return utf8.RuneCountInString(v)
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	case map[any]any:
		return len(v)
	default:
		panic("invalid argument for len: " + typeName(v))
	}
}

func printed(r *run, args []any) any {
	if s, ok := args[0].(string); ok {
		return s
	}
	r.charge(3 * weigh(r, args[0])) // the buffer grows by doubling
	return library("string", args)
}

// reading is a function that reads its texts and makes none.
func reading(name string) function {
	return func(r *run, args []any) any {
		for i := range args {
			r.read(len(text(args, i)))
		}
		r.charge(headerSize)
		return library(name, args)
	}
}

// changing is a function that makes a text of at most twice its argument's size.
func changing(name string) function {
	return func(r *run, args []any) any {
		n := len(text(args, 0))
		r.charge(3*n + headerSize)
		r.work(n >> 1)
		return library(name, args)
	}
}

func trim(r *run, args []any) any {
	r.read(len(text(args, 0)))
	if len(args) > 1 {
		// With a set that is not ASCII each character of the text is looked up in the whole set.
		r.work((len(text(args, 0))>>4 + 1) * (len(text(args, 1)) + 1))
	}
	r.charge(headerSize)
	return library("trim", args)
}

// split is told how many parts there will be: asked for more, the library makes room for them.
func split(how func(s, sep string, n int) []string) function {
	return func(r *run, args []any) any {
		s, sep := text(args, 0), text(args, 1)
		r.read(len(s) + len(sep))
		n := strings.Count(s, sep) + 1
		if len(args) > 2 {
			if most := whole(args[2]); most >= 0 {
				n = min(n, most)
			}
		}
		r.list(n)
		r.charge(n * elementSize)
		return normal(how(s, sep, n))
	}
}

func replace(r *run, args []any) any {
	s, old, with := text(args, 0), text(args, 1), text(args, 2)
	r.read(len(s) + len(old))
	n := strings.Count(s, old)
	if len(args) > 3 {
		if most := whole(args[3]); most >= 0 {
			n = min(n, most)
		}
	}
	if len(with) > 0 && n > MaxMade/len(with) {
		panic(ErrTooLarge)
	}
	r.charge(len(s) + n*len(with))
	r.work(3 * n)
	return library("replace", args)
}

func repeat(r *run, args []any) any {
	s, n := text(args, 0), whole(args[1])
	if n < 0 {
		panic("repeat needs a number that is not negative")
	}
	if s == "" || n == 0 {
		return ""
	}
	if n > MaxMade/len(s) {
		panic(ErrTooLarge)
	}
	r.charge(len(s) * n)
	return strings.Repeat(s, n)
}

func join(r *run, args []any) any {
	of, glue := list(args, 0), ""
	if len(args) > 1 {
		glue = text(args, 1)
	}
	n := 0
	for i := range of {
		r.work(1)
		n += len(text(of, i)) + len(glue)
		if n > MaxMade {
			panic(ErrTooLarge)
		}
	}
	r.charge(n + 2*scalarSize*len(of))
	parts := make([]string, len(of))
	for i := range of {
		parts[i] = text(of, i)
	}
	return strings.Join(parts, glue)
}

func toJSON(r *run, args []any) any {
	r.charge(7 * written(r, args[0], 0)) // two buffers that grow by doubling, copies of both, and the text
	if r.formula {
		args = []any{plainly(r, args[0])}
	}
	return library("toJSON", args)
}

func fromJSON(r *run, args []any) any {
	raw := []byte(text(args, 0))
	size, ok := sizeOfJSON(raw)
	if !ok {
		panic("the JSON is nested too deep")
	}
	r.charge(len(raw) + size)
	r.work(len(raw) >> 1)
	if r.formula {
		if !json.Valid(raw) {
			panic("the text is not JSON")
		}
		return decodeExact(&r.meter, raw)
	}
	return library("fromJSON", args)
}

func fromBase64(r *run, args []any) any {
	r.charge(3*base64.StdEncoding.DecodedLen(len(text(args, 0))) + headerSize)
	return library("fromBase64", args)
}

// numbers is a function of numbers and lists of them.
func numbers(name string) function {
	return func(r *run, args []any) any {
		n := 0
		for _, a := range args {
			n += weigh(r, a)
		}
		r.charge(n)
		r.work(n)
		return library(name, args)
	}
}

func sortKeys(r *run, out []any) []any {
	r.work(len(out) * 16)
	sort.SliceStable(out, func(i, j int) bool {
		a, ok := out[i].(string)
		b, ok2 := out[j].(string)
		if !ok || !ok2 {
			return false
		}
		r.read(min(len(a), len(b)))
		return a < b
	})
	return out
}
