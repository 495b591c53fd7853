package expression

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/morket/morket/domain/kernel"
)

// Exact numbers are decimals: 0.1 + 0.2 is 0.3. A sum, a difference and a product are exact to maxPlaces digits behind the point, a
// quotient to quotientPlaces; what is more is rounded half away from zero. A number may have as many digits as a cell holds.
const (
	maxPlaces      = 40
	quotientPlaces = 20
	maxBits        = 512 // of a number without its point: 154 digits
	decimalSize    = 128 // what making a number takes at most, with the steps between
)

// checked bounds a number that was made.
func checked(d decimal.Decimal) decimal.Decimal {
	if d.Exponent() < -maxPlaces {
		d = d.Round(maxPlaces)
	}
	if d.Coefficient().BitLen() > maxBits || d.Exponent() > maxBits/3 {
		panic("the number is too large")
	}
	return d
}

// number is a value as a decimal; false for what is no number.
func number(v any) (decimal.Decimal, bool) {
	switch n := v.(type) {
	case decimal.Decimal:
		return n, true
	case int:
		return decimal.NewFromInt(int64(n)), true
	case float64:
		return fromFloat(n), true
	default:
		return decimal.Decimal{}, false
	}
}

func fromFloat(f float64) decimal.Decimal {
	if f-f != 0 || f > 1e100 || f < -1e100 { // f-f is not 0 of an infinite number and of none
		panic("the number is too large")
	}
	return decimal.NewFromFloat(f)
}

// slim is a whole number of at most 15 digits as an int, which everything takes; another number as it is.
func slim(d decimal.Decimal) any {
	const most = 1_000_000_000_000_000
	if d.Exponent() >= 0 && d.Exponent() < 16 && d.Coefficient().BitLen() < 63 || d.IsInteger() {
		if t := d.Truncate(0); t.Abs().LessThan(decimal.NewFromInt(most)) {
			return int(t.IntPart())
		}
	}
	return d
}

// decodeExact is decode with exact numbers.
func decodeExact(m *meter, raw json.RawMessage) any {
	if kernel.IsNull(raw) {
		return nil
	}
	size, ok := sizeOfJSON(raw)
	if !ok {
		return nil
	}
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		m.charge(decimalSize)
		return readNumber(string(raw))
	}
	m.charge(3 * size)
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return exactly(m, v)
}

// exactly makes the numbers in a decoded value exact, in place.
func exactly(m *meter, v any) any {
	m.work(1)
	switch v := v.(type) {
	case json.Number:
		m.charge(decimalSize)
		return readNumber(string(v))
	case []any:
		for i := range v {
			v[i] = exactly(m, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = exactly(m, v[k])
		}
	}
	return v
}

const maxNumber = 400 // bytes of a written number

func readNumber(s string) any {
	if _, exp, ok := strings.Cut(strings.ToLower(s), "e"); len(s) > maxNumber || ok && len(exp) > 4 {
		panic("the number is too large")
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		panic(quoteShort(s) + " is not a number")
	}
	return slim(checked(d))
}

func quoteShort(s string) string { return `"` + kernel.Shorten(s) + `"` }

// arithmetic are the operators of exact numbers. Of an empty value they make an empty one.
var arithmetic = map[string]func(a, b decimal.Decimal) decimal.Decimal{ //nolint:gochecknoglobals // a constant table
	"+": decimal.Decimal.Add, "-": decimal.Decimal.Sub, "*": decimal.Decimal.Mul,
	"/": func(a, b decimal.Decimal) decimal.Decimal {
		if b.IsZero() {
			panic("division by zero")
		}
		return a.DivRound(b, quotientPlaces)
	},
	"%": func(a, b decimal.Decimal) decimal.Decimal {
		if b.IsZero() {
			panic("division by zero")
		}
		return a.Mod(b)
	},
	"**": exactPower, "^": exactPower,
}

const maxPower = 512

func exactPower(a, b decimal.Decimal) decimal.Decimal {
	if !b.IsInteger() || b.Abs().GreaterThan(decimal.NewFromInt(maxPower)) {
		panic("a power is a whole number from -512 to 512")
	}
	out := decimal.NewFromInt(1)
	for n, square := b.Abs().IntPart(), a; n > 0; n >>= 1 {
		if n&1 == 1 {
			out = checked(out.Mul(square))
		}
		if n > 1 {
			square = checked(square.Mul(square))
		}
	}
	if b.IsNegative() {
		if out.IsZero() {
			panic("division by zero")
		}
		return decimal.NewFromInt(1).DivRound(out, quotientPlaces)
	}
	return out
}

// exactBinary is the operator with exact numbers and empty values; nil for operators that both kinds share.
func exactBinary(op string) func(r *run, a, b any) any {
	shared := operators[op]
	if f, ok := arithmetic[op]; ok {
		return func(r *run, a, b any) any {
			if op == "+" {
				if s, ok := exactConcat(r, a, b); ok {
					return s
				}
			}
			if a == nil || b == nil {
				return nil
			}
			x, isNumber := number(a)
			y, bothNumbers := number(b)
			if !isNumber || !bothNumbers {
				return shared(r, a, b)
			}
			r.charge(decimalSize)
			if op == "**" || op == "^" {
				r.charge(decimalSize * maxPower / 4)
			}
			return slim(checked(f(x, y)))
		}
	}
	switch op {
	case "<", ">", "<=", ">=":
		return func(r *run, a, b any) any {
			if a == nil || b == nil {
				return false
			}
			return shared(r, a, b)
		}
	}
	return shared
}

// exactConcat joins texts; an empty value is an empty text there.
func exactConcat(r *run, a, b any) (string, bool) {
	x, xText := a.(string)
	y, yText := b.(string)
	if !xText && !yText || a != nil && !xText || b != nil && !yText {
		return "", false
	}
	r.charge(len(x) + len(y) + headerSize)
	return x + y, true
}

// exactFunctions take the place of the language's functions of numbers.
var exactFunctions = map[string]function{ //nolint:gochecknoglobals // a constant table
	"abs":   ofNumber(decimal.Decimal.Abs),
	"ceil":  ofNumber(decimal.Decimal.Ceil),
	"floor": ofNumber(decimal.Decimal.Floor),
	"round": ofNumber(func(d decimal.Decimal) decimal.Decimal { return d.Round(0) }),
	"int":   toNumber(func(d decimal.Decimal) decimal.Decimal { return d.Truncate(0) }),
	"float": toNumber(func(d decimal.Decimal) decimal.Decimal { return d }),
	"max":   exactFold(func(a, b decimal.Decimal) bool { return b.GreaterThan(a) }),
	"min":   exactFold(func(a, b decimal.Decimal) bool { return b.LessThan(a) }),
	"mean":  exactMean, "median": exactMedian,
}

func ofNumber(f func(decimal.Decimal) decimal.Decimal) function {
	return func(r *run, args []any) any {
		if args[0] == nil {
			return nil
		}
		d, ok := number(args[0])
		if !ok {
			panic(typeName(args[0]) + " is not a number")
		}
		r.charge(decimalSize)
		return slim(f(d))
	}
}

// toNumber also reads a text that is a number as programs write it.
func toNumber(f func(decimal.Decimal) decimal.Decimal) function {
	of := ofNumber(f)
	return func(r *run, args []any) any {
		if s, ok := args[0].(string); ok {
			r.read(len(s))
			if s = strings.TrimSpace(s); s == "" {
				return nil
			}
			r.charge(decimalSize)
			return of(r, []any{readNumber(s)})
		}
		return of(r, args)
	}
}

// numbersIn are the numbers in the arguments and in lists among them; empty values are left out.
func numbersIn(r *run, args []any) []decimal.Decimal {
	var out []decimal.Decimal
	var add func(v any)
	add = func(v any) {
		r.charge(decimalSize)
		switch v := v.(type) {
		case nil:
		case []any:
			for _, e := range v {
				add(e)
			}
		default:
			d, ok := number(v)
			if !ok {
				panic(typeName(v) + " is not a number")
			}
			out = append(out, d)
		}
	}
	for _, a := range args {
		add(a)
	}
	return out
}

func exactFold(better func(a, b decimal.Decimal) bool) function {
	return func(r *run, args []any) any {
		list := numbersIn(r, args)
		if len(list) == 0 {
			return nil
		}
		best := list[0]
		for _, d := range list[1:] {
			if better(best, d) {
				best = d
			}
		}
		return slim(best)
	}
}

func exactMean(r *run, args []any) any {
	list := numbersIn(r, args)
	if len(list) == 0 {
		return nil
	}
	total := decimal.Zero
	for _, d := range list {
		total = checked(total.Add(d))
	}
	return slim(total.DivRound(decimal.NewFromInt(int64(len(list))), quotientPlaces))
}
