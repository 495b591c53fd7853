package kernel

import (
	"math"
	"strconv"
	"strings"
)

// EachSign calls fn with each sign of JSON's structure, one of []{}:, that stands outside texts, and with how deep it is: the outermost
// bracket opens at 1 and closes at 0. It reads each byte once and keeps nothing, so that text can be bounded before it is decoded. It
// ends early when fn answers false, and says nothing of text that is no JSON.
func EachSign(text []byte, fn func(sign byte, depth int) bool) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			i++
			continue
		case c == '"':
			quoted = !quoted
			continue
		case quoted:
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c != ',' && c != ':':
			continue
		}
		if !fn(c, depth) {
			return
		}
	}
}

// EachNumber calls fn with each number of JSON text that stands outside texts, as it is written, and where it begins.
func EachNumber(text []byte, fn func(number []byte, at int) bool) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(text) && strings.IndexByte("0123456789+-.eE", text[end]) >= 0 {
				end++
			}
			if !fn(text[i:end], i) {
				return
			}
			i = end - 1
		}
	}
}

// maxNumber is how long a number may be, as it is written, to be kept.
const maxNumber = 1000

// NumberFits reports whether a number, as JSON writes it, can be kept: it is not too long, and neither beyond what a float64 reaches nor
// so small that it would be 0 there. Postgres' numeric and jsonb take no others either, or write them out with 100,000 digits.
func NumberFits(number string) bool {
	if len(number) > maxNumber {
		return false
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return f != 0 || strings.Trim(mantissa, "-0.") == ""
}

// NumbersFit reports whether all numbers of JSON text do, and which of them doesn't.
func NumbersFit(text []byte) (misfit string, ok bool) {
	ok = true
	EachNumber(text, func(number []byte, _ int) bool {
		if len(number) > 15 || strings.ContainsAny(string(number), "eE") { //nolint:mnd // others fit by their looks
			if ok = NumberFits(string(number)); !ok {
				misfit = string(number[:min(len(number), 100)]) //nolint:mnd // enough to find it
			}
		}
		return ok
	})
	return misfit, ok
}
