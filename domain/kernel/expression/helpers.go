package expression

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/builtin"
	"github.com/shopspring/decimal"

	"github.com/morket/morket/domain/kernel"
)

// helper is a function that formulas have beside the language's own. Each accounts for what it makes and reads, as the others do.
type helper struct {
	do    function
	types []reflect.Type // one for each number of arguments
	blank bool           // it is asked also when its first argument is empty; else the result is empty then
	times bool           // its result depends on the time
}

func (h helper) function(name string) *builtin.Function {
	return &builtin.Function{Name: name, Func: func(...any) (any, error) { return nil, nil }, Types: h.types} //nolint:nilnil // never called
}

func (h helper) node(args []node) node {
	return func(r *run) any {
		r.charge((len(args) + 1) * scalarSize)
		list := values(r, args)
		if !h.blank && len(list) > 0 && list[0] == nil {
			return nil
		}
		return h.do(r, list)
	}
}

// Signatures by the number of arguments and what comes out.
func sign[F any]() reflect.Type { return reflect.TypeFor[F]() }

var helpers = map[string]helper{ //nolint:gochecknoglobals // a constant table
	"title":   {do: title, types: []reflect.Type{sign[func(any) string]()}},
	"left":    {do: left, types: []reflect.Type{sign[func(any, any) string]()}},
	"right":   {do: right, types: []reflect.Type{sign[func(any, any) string]()}},
	"slug":    {do: slug, types: []reflect.Type{sign[func(any) string]()}},
	"words":   {do: words, types: []reflect.Type{sign[func(any) []any]()}},
	"extract": {do: extract, types: []reflect.Type{sign[func(any, any) string]()}},
	"domain":  {do: domain, types: []reflect.Type{sign[func(any) string]()}},
	"ifEmpty": {do: ifEmpty, blank: true, types: []reflect.Type{sign[func(any, any) any]()}},

	"number":  {do: toNumber(func(d decimal.Decimal) decimal.Decimal { return d }), types: []reflect.Type{sign[func(any) float64]()}},
	"roundTo": {do: roundTo, types: []reflect.Type{sign[func(any, any) float64]()}},
	"percent": {do: percent, types: []reflect.Type{sign[func(any, any) float64]()}},

	"today":        {do: today, times: true, types: []reflect.Type{sign[func() string]()}},
	"now":          {do: now, times: true, types: []reflect.Type{sign[func() string]()}},
	"year":         {do: datePart(func(t moment) int { return t.Year() }), types: []reflect.Type{sign[func(any) int]()}},
	"month":        {do: datePart(func(t moment) int { return int(t.Month()) }), types: []reflect.Type{sign[func(any) int]()}},
	"day":          {do: datePart(func(t moment) int { return t.Day() }), types: []reflect.Type{sign[func(any) int]()}},
	"weekday":      {do: datePart(func(t moment) int { return (int(t.Weekday())+6)%7 + 1 }), types: []reflect.Type{sign[func(any) int]()}},
	"addDays":      {do: addDays, types: []reflect.Type{sign[func(any, any) string]()}},
	"addMonths":    {do: addMonths, types: []reflect.Type{sign[func(any, any) string]()}},
	"daysBetween":  {do: daysBetween, types: []reflect.Type{sign[func(any, any) int]()}},
	"hoursBetween": {do: hoursBetween, types: []reflect.Type{sign[func(any, any) float64]()}},
	"before":       {do: before, blank: true, types: []reflect.Type{sign[func(any, any) bool]()}},
	"formatDate":   {do: formatDate, types: []reflect.Type{sign[func(any, any) string]()}},
}

// asked are the language's functions that say something of an empty value too; the others make an empty value of one.
var asked = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"type": true, "toJSON": true, "concat": true, "max": true, "min": true, "mean": true, "median": true, "fromPairs": true,
}

// forFormula is a function of the language as formulas have it.
func forFormula(name string, f function) function {
	if exact, ok := exactFunctions[name]; ok {
		f = exact
	}
	if asked[name] {
		return f
	}
	return func(r *run, args []any) any {
		if len(args) > 0 && args[0] == nil {
			switch name {
			case "len":
				return 0
			case "string":
				return ""
			}
			return nil
		}
		return f(r, args)
	}
}

// made accounts for a text of about the size of the argument.
func made(r *run, s string) {
	r.charge(3*len(s) + headerSize)
	r.work(len(s))
}

func title(r *run, args []any) any {
	s := text(args, 0)
	made(r, s)
	begins := true
	return strings.Map(func(c rune) rune {
		at := begins
		begins = !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '\''
		if at {
			return unicode.ToTitle(c)
		}
		return unicode.ToLower(c)
	}, s)
}

func left(r *run, args []any) any {
	s, n := text(args, 0), max(0, whole(args[1]))
	r.walk(len(s))
	at := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[at:])
		if size == 0 {
			break
		}
		at += size
	}
	return s[:at]
}

func right(r *run, args []any) any {
	s, n := text(args, 0), max(0, whole(args[1]))
	r.walk(len(s))
	at := len(s)
	for range n {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		if size == 0 {
			break
		}
		at -= size
	}
	return s[at:]
}

func slug(r *run, args []any) any {
	s := text(args, 0)
	made(r, s)
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func words(r *run, args []any) any {
	s := text(args, 0)
	r.read(4 * len(s))
	n := 0
	for range strings.FieldsSeq(s) {
		n++
	}
	r.list(n)
	r.charge(n * elementSize)
	return normal(strings.Fields(s))
}

// extract returns what the pattern's first group has found, or the whole of what it has found.
func extract(r *run, args []any) any {
	s, source := text(args, 0), text(args, 1)
	r.charge(min(len(source), maxPattern)*64 + perPattern/2)
	r.work(200)
	p, err := compilePattern(source, r.charge)
	if err != nil {
		panic(err)
	}
	r.work(p.steps(s))
	r.charge(headerSize * (2 + p.re.NumSubexp()))
	found := p.re.FindStringSubmatchIndex(s)
	switch {
	case found == nil:
		return nil
	case len(found) > 2 && found[2] >= 0:
		return s[found[2]:found[3]]
	default:
		return s[found[0]:found[1]]
	}
}

// domain returns the host of an address without www, or of an email address.
func domain(r *run, args []any) any {
	s := strings.TrimSpace(text(args, 0))
	made(r, s)
	if host := kernel.DomainOf(s); host != "" {
		return host
	}
	return nil
}

func ifEmpty(r *run, args []any) any {
	if isEmpty(r, args[0]) {
		return args[1]
	}
	return args[0]
}

func numberOf(args []any, i int) decimal.Decimal {
	d, ok := number(args[i])
	if !ok {
		panic(typeName(args[i]) + " is not a number")
	}
	return d
}

func roundTo(r *run, args []any) any {
	r.charge(decimalSize)
	places := whole(args[1])
	if places < -maxPlaces || places > maxPlaces {
		panic("roundTo takes -40 to 40 places")
	}
	return slim(numberOf(args, 0).Round(int32(places)))
}

func percent(r *run, args []any) any {
	r.charge(2 * decimalSize)
	if slices.Contains(args, nil) {
		return nil
	}
	of := numberOf(args, 1)
	if of.IsZero() {
		panic("division by zero")
	}
	return slim(checked(numberOf(args, 0).Mul(decimal.NewFromInt(100))).DivRound(of, quotientPlaces))
}
