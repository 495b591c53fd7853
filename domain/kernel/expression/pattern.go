package expression

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

const (
	maxPattern      = 500     // bytes
	maxInstructions = 1000    // of the compiled pattern
	maxClassRunes   = 8000    // bounds of the ranges of its character classes
	perPattern      = 5 << 10 // bytes that parsing and compiling make, measured
	perInstruction  = 400
	quickSteps      = 64 << 10
)

// checkPattern bounds a regular expression (RE2) before it is compiled, and says what compiling it makes. The parser itself makes
// some 10 KB for each class of Unicode, so that their number is bounded first.
func checkPattern(pattern string) (cost patternCost, err error) {
	if len(pattern) > maxPattern {
		return cost, fmt.Errorf("a pattern has at most %d bytes", maxPattern)
	}
	classes := 0
	for i := 0; i+1 < len(pattern); i++ {
		if pattern[i] == '\\' && (pattern[i+1] == 'p' || pattern[i+1] == 'P') {
			classes++
		}
	}
	if classes > 10 {
		return cost, errors.New("a pattern has at most 10 classes of Unicode")
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return cost, errors.New(err.Error())
	}
	instructions, runes := 2, 0
	count(re, 1, &instructions, &runes)
	if instructions > maxInstructions || runes > maxClassRunes {
		return cost, errors.New("the pattern is too costly; make its repetitions and classes smaller")
	}
	return patternCost{instructions, perPattern + instructions*perInstruction + runes*16 + classes*(16<<10) + len(pattern)*64}, nil
}

// patternCost is what a pattern compiles to, and the bytes that compiling makes.
type patternCost struct{ instructions, made int }

// count adds up the instructions that an expression compiles to, its repetitions written out.
func count(re *syntax.Regexp, times int, instructions, runes *int) {
	if *instructions > maxInstructions {
		return
	}
	own := 1
	switch re.Op {
	case syntax.OpLiteral:
		own = len(re.Rune)
	case syntax.OpCharClass:
		*runes += len(re.Rune)
	case syntax.OpRepeat:
		n := re.Max
		if n < 0 {
			n = re.Min + 1
		}
		*instructions += times * 2
		for _, sub := range re.Sub {
			count(sub, times*max(n, 1), instructions, runes)
		}
		*instructions += times * max(n, 1)
		return
	default:
		own = 2
	}
	*instructions += own * times
	for _, sub := range re.Sub {
		count(sub, times, instructions, runes)
	}
}

// Pattern is a regular expression (RE2) from outside that is bounded: how long it is, what compiling it makes, and how long a search may
// take.
type Pattern struct{ p *pattern }

// maxSteps is how many instructions a search of a Pattern may run, some tenths of a second.
const maxSteps = 16 << 20

// CompilePattern compiles a pattern. Its errors are for the pattern's author.
func CompilePattern(source string) (Pattern, error) {
	p, err := compilePattern(source, func(int) {})
	return Pattern{p}, err
}

// Match reports whether the text holds the pattern; ErrTooLong says that looking for it would take too long.
func (p Pattern) Match(s string) (bool, error) {
	if len(s)*p.p.size > maxSteps {
		return false, ErrTooLong
	}
	return p.p.re.MatchString(s), nil
}

// Find returns the first matches in the text, at most limit of them: of each its first group, or the whole match if the pattern has none.
// Each may look through the whole text again, so a long text has fewer; ErrTooLong says that even one would take too long.
func (p Pattern) Find(s string, limit int) ([]string, error) {
	cost := (len(s) + 1) * p.p.size
	if cost > maxSteps {
		return nil, ErrTooLong
	}
	var out []string
	for _, m := range p.p.re.FindAllStringSubmatchIndex(s, max(1, min(limit, maxSteps/cost))) {
		from, to := m[0], m[1]
		if len(m) > 2 { //nolint:mnd // beside the whole match
			from, to = m[2], m[3]
		}
		if from >= 0 { // else the group took no part in the match
			out = append(out, s[from:to])
		}
	}
	return out, nil
}

// pattern is a compiled regular expression and how many instructions it has.
type pattern struct {
	re   *regexp.Regexp
	size int
}

// compilePattern compiles a pattern of at most maxPattern bytes; pay is told what that makes.
func compilePattern(source string, pay func(made int)) (*pattern, error) {
	cost, err := checkPattern(source)
	if err != nil {
		return nil, err
	}
	pay(cost.made)
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, errors.New(err.Error())
	}
	return &pattern{re, cost.instructions}, nil
}

// match looks for the pattern in s. A long search reads rune by rune, so that it can be stopped between two of them.
func (p *pattern) match(m *meter, s string) bool {
	if m.clock == nil {
		m.work(p.steps(s))
		return p.re.MatchString(s)
	}
	if len(s)*p.size <= quickSteps {
		m.work(len(s)>>2*min(p.size, 8) + 16)
		return p.re.MatchString(s)
	}
	r := &runes{m: m, rest: s}
	ok := p.re.MatchReader(r)
	if r.stopped != nil {
		panic(r.stopped)
	}
	return ok
}

// steps bounds the work of looking for the pattern in s.
func (p *pattern) steps(s string) int { return len(s)*p.size>>2 + 16 }

// runes is a text that ends early when the evaluation is over its budget. regexp must not be left by a panic.
type runes struct {
	m       *meter
	rest    string
	read    int
	stopped error
}

const looksEach = 16 // runes between looks at the clock: at most looksEach × maxInstructions steps

// ReadRune implements io.RuneReader.
func (r *runes) ReadRune() (rune, int, error) {
	if r.rest == "" || r.stopped != nil {
		return 0, 0, io.EOF
	}
	r.read++
	if r.read%looksEach == 0 && !r.pay() {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRuneInString(r.rest)
	r.rest = r.rest[n:]
	return c, n, nil
}

func (r *runes) pay() bool {
	defer func() {
		if e := recover(); e != nil {
			r.stopped = ErrTooLong
		}
	}()
	r.m.work(looksEach * 4)
	r.m.checkTime()
	return true
}
