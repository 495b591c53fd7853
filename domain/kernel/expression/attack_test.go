package expression_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel/expression"
)

// cells are the largest that a row can hold, in the forms that cost most. Each is a variable.
func cells() map[string]json.RawMessage {
	text := func(s string) json.RawMessage {
		b, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return b
	}
	fill := func(s string) string { return strings.Repeat(s, (64<<10)/len(s)) }
	return map[string]json.RawMessage{
		"A":      text(fill("a")),
		"W":      text(fill("word ")),
		"U":      text(fill("ß")),
		"N":      json.RawMessage("7"),
		"Nested": json.RawMessage(strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60)),
		"Deep":   json.RawMessage(strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000)),
		"Lists":  json.RawMessage("[" + strings.Repeat("[],", 20_000) + "[]]"),
		"Maps":   json.RawMessage("[" + strings.Repeat(`{"a":1},`, 7_000) + `{}]`),
		"L":      json.RawMessage("[" + strings.Repeat(`"`+strings.Repeat("x", 60)+`",`, 900) + `"y"]`),
		"Nums":   json.RawMessage("[" + strings.Repeat("1.5,", 999) + "2]"),
		"M":      json.RawMessage(`{"a":{"b":[1,2,3]},"c":"d"}`),
		"E":      nil,
		"S":      text("Acme GmbH"),
		"B":      json.RawMessage("true"),
		"D":      text("2024-02-29"),
		"J":      text("[" + strings.Repeat("[],", 20_000) + "[]]"),
	}
}

var rows = sync.OnceValue(cells) //nolint:gochecknoglobals // made once

func names() []string {
	return []string{"A", "W", "U", "N", "Nested", "Deep", "Lists", "Maps", "L", "Nums", "M", "E", "S", "B", "D", "J"}
}

type cost struct {
	made  uint64
	took  time.Duration
	out   any
	err   error
	built bool
}

// measure compiles and evaluates, and says what the evaluation made and how long it took.
func measure(source string) cost { return measureAs(source, false) }

func measureAs(source string, formula bool) (c cost) {
	values, vars := rows(), names()
	p, err := expression.Compile(source, expression.Options{Variables: vars, Formula: formula})
	if err != nil {
		return cost{err: err}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runtime.LockOSThread()
	start := cpuTime()
	c.out, c.err = p.EvalAt(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), func(i int) json.RawMessage { return values[vars[i]] })
	c.took = cpuTime() - start
	runtime.UnlockOSThread()
	runtime.ReadMemStats(&after)
	c.made, c.built = after.TotalAlloc-before.TotalAlloc, true
	return c
}

const slack = 64 << 10 // of the test itself, and of an error

func attacks() []string {
	return []string{
		`reduce(1..1000, {#acc + #acc}, A) != ""`,
		`reduce(1..1000, #acc + #acc, "a") != ""`,
		`reduce(1..1000, [#acc, #acc], 1)`,
		`reduce(1..1000, concat(#acc, #acc), [1])`,
		`reduce(1..1000, {"a": #acc, "b": #acc}, 1)`,
		`toJSON(reduce(1..50, [#acc, #acc], 1))`,
		`string(reduce(1..50, [#acc, #acc], 1))`,
		`len(flatten(reduce(1..50, [#acc, #acc], 1)))`,
		`reduce(1..50, [#acc, #acc], 1) == reduce(1..50, [#acc, #acc], 1)`,
		`sum(reduce(1..50, [#acc, #acc], 1))`, `max(reduce(1..40, [#acc, #acc], 1))`, `median(reduce(1..40, [#acc, #acc], 1))`,
		`[reduce(1..50, [#acc, #acc], 1)] in [[reduce(1..50, [#acc, #acc], 1)]]`,
		`uniq(map(1..1000, reduce_)) == 1`,
		`len(repeat(A, 100000)) > 0`, `repeat(A, 16)`, `repeat("", 9223372036854775807)`, `repeat(A, 9223372036854775807)`, `repeat(A, -1)`, `repeat(A, 1e300)`,
		`join(map(1..1000, {A}))`, `join(map(1..1000, A), A)`, `join(["a","b"], A)`,
		`map(1..1000, {A + "x"})`, `filter(1..1000, {A + "x" != ""})`, `any(1..1000, upper(A) == "")`, `all(1..1000, replace(A, "a", "") == "")`,
		`map(1..1000, toJSON(A))`, `map(1..1000, toBase64(A))`, `map(1..1000, fromBase64(A))`, `map(1..1000, split(A, "a"))`, `map(1..1000, lower(U))`,
		`split(A, "")`, `split(A, "a")`, `splitAfter(A, "a")`, `split(A, "a", 2)`, `split(A, "b", 9223372036854775807)`, `split(W, " ", -1)`,
		`replace(A, "", A)`, `replace(A, "a", A)`, `replace(A, "a", "bb")`, `replace(A, "a", "b", 9223372036854775807)`,
		`replace(replace(A, "a", "aaaa"), "a", "aaaa")`,
		`trim(A, U)`, `trim(U, U)`, `trim(U, U + A)`, `any(1..1000, trim(A) == "")`,
		`1..1000000`, `1..1000`, `(-9223372036854775807)..9223372036854775807`, `0..1e18`, `len(1..100000000)`, `1e300..1e301`,
		`map(1..1000, 1..1000)`, `flatten(map(1..1000, 1..1000))`, `map(1..1000, [1,2,3,4,5,6,7,8,9,10])`, `map(1..1000, {"a": 1, "b": 2, "c": 3})`,
		`count(1..1000, A matches "a*b")`, `A matches "(a?){50}a{50}"`, `A matches "(x+x+)+y"`, `A matches "(a|aa)+$"`, `A matches "(a*)*b"`, `A matches "^(([a-z])+.)+[A-Z]([a-z])+$"`,
		`W matches "(?i)(w.*o.*r.*d.*){5}!"`, `A matches "(a{1,30}){1,30}b"`, `A matches "((((a{10}){10}){10}){10}){10}"`, `A matches "` + strings.Repeat(`\\pL`, 100) + `"`,
		`A matches "(?i)` + strings.Repeat(`[^x]`, 100) + `"`, `A matches "(` + strings.Repeat(`a?`, 200) + `)+b"`, `A matches A`, `any(1..1000, "x" matches string(#))`,
		`A matches ("(a?){50}" + "a{50}")`, `any(1..1000, A matches ("a{" + string(#) + "}b"))`, `any(1..1000, "x" matches ("\\pL{" + string(#) + "}"))`,
		`any(1..1000, "x" matches ("(?i)[\\pL\\pN\\pS\\pP\\pZ\\pM]" + string(#)))`,
		`any(1..1000, A contains W)`, `count(1..1000, indexOf(A, "b") > 0)`, `any(1..1000, A == A + "")`, `any(1..1000, A < A)`, `all(1..1000, A startsWith A)`, `count(1..1000, A in [A, A, A])`,
		`sort(map(1..1000, A))`, `sortBy(1..1000, A)`, `uniq(map(1..1000, A))`, `uniq(1..1000)`, `groupBy(1..1000, #)`, `groupBy(1..1000, A)`, `groupBy(1..1000, [#])`,
		`Lists == Lists`, `len(Lists)`, `any(1..1000, Lists == Lists)`, `Maps`, `Maps == Maps`, `uniq(Lists)`, `uniq(Maps)`, `string(Maps)`, `toJSON(Lists)`, `map(1..1000, string(L))`, `map(1..1000, toJSON(L))`, `sort(L)`, `map(L, upper(#))`,
		`Deep`, `Nested`, `flatten(Nested)`, `toJSON(Nested)`, `fromJSON(toJSON(Nested))`, `fromJSON(J)`, `map(1..1000, fromJSON(J))`, `map(1..1000, fromJSON("[]"))`,
		`fromJSON(repeat("[", 100000))`, `fromJSON(repeat("[", 50) + repeat("]", 50))`,
		`A + A + A + A + A + A + A + A + A + A + A + A + A + A + A + A + A + A + A + A`,
		`let a = A + A; let b = a + a; let c = b + b; let d = c + c; let e = d + d; len(e)`,
		`let a = [A, A]; let b = [a, a, a, a]; let c = [b, b, b, b]; let d = [c, c, c, c]; let e = [d, d, d, d]; toJSON(e)`,
		`let a = 1..1000; let b = map(a, a); let c = map(b, b); let d = map(c, c); string(d)`,
		`let a = 1..1000; let b = map(a, a); let c = map(b, b); c == map(b, b)`, `let a = 1..1000; let b = map(a, a); let c = map(b, b); mean(c)`,
		`A | split("a") | join(A)`, `1..1000 | map(A) | join() | len()`, `string(1..1000)`, `A[0:65535] + A[1:]`, `map(1..1000, A[0:#])`, `map(1..1000, A[#])`,
		`date(A)`, `date(D, A)`, `date(D).Format(A)`, `map(1..1000, date(D).Format("Monday Monday Monday Monday"))`, `duration(A)`, `timezone(A)`, `map(1..1000, timezone("Europe/Berlin"))`, `map(1..1000, date(D, "2006-01-02", "Europe/Berlin"))`, `timezone("../../etc/passwd")`,
		`any(1..1000, date(D) < date("2025-01-01"))`, `map(1..1000, string(date(D)))`,
		`int(A)`, `float(A)`, `bitshl(1, 1000000)`, `2 ** 1000 ** 1000`, `9223372036854775807 + 1`, `9223372036854775807 * 2`, `1 % 0`, `-9223372036854775807 - 2`, `1 / 0`,
		`fromPairs(map(1..1000, [#, A]))`, `toPairs(fromPairs(map(1..1000, [#, A])))`, `keys(fromPairs(map(1..1000, [string(#), 1])))`, `fromPairs(map(1..1000, [A + string(#), 1]))`,
		`reverse(1..1000)`, `concat(1..1000, 1..1000)`, `take(1..1000, 9223372036854775807)`, `get(M, "a").b[1]`, `M.a?.b?.c`, `M?.x?.y.z`, `find(1..1000, A == #)`, `findLast(L, # == "z")`,
		`mean(1..1000, 1..1000, Nums, Nums)`, `median(Nums, Nums, Nums)`, `sum(Nums)`, `max(L)`, `reduce([], #acc)`,
		`{"a": A}.a + {"b": W}.b`, `[1, 2, 3][1e300]`, `A[9223372036854775807:]`, `$env`, `$env["A"]`, `now()`, `A.Foo()`, `E.foo`, `E?.foo`, `A()`, `b"bytes"`,
	}
}

// formulaAttacks are those of what only formulas have.
func formulaAttacks() []string {
	return []string{
		`map(1..1000, title(A))`, `title(U)`, `slug(W)`, `map(1..1000, slug(U))`, `map(1..1000, left(A, #))`, `map(1..1000, right(U, 60000))`, `words(W)`, `map(1..1000, words(W))`, `left(A, 9223372036854775807)`,
		`extract(A, "(a+)+b")`, `extract(A, "(a?){50}a{50}")`, `map(1..1000, extract(S, "(" + string(#) + ")"))`, `map(1..1000, extract(D, "([0-9]{" + string(#) + "})"))`, `extract(A, A)`,
		`domain(A)`, `map(1..1000, domain(W))`, `domain("https://" + U)`, `ifEmpty(A, U)`,
		`number(A)`, `number(repeat("9", 400))`, `number("1e99999999999")`, `number("1e9999")`, `number("0." + repeat("1", 398))`, `map(1..1000, 0.1 ** #)`, `map(1..1000, 1.1 ** 500)`, `99999999999999999999.5 ** 512`, `2 ** -512`,
		`reduce(1..1000, #acc * 1.5, 1)`, `reduce(1..1000, #acc / 3, 1.5)`, `reduce(1..1000, #acc * #acc, 1.5)`, `reduce(1..1000, #acc % 0.7, 1.5)`, `map(1..1000, # / 7)`, `sort(map(1..1000, # / 7))`, `median(map(1..1000, # / 7))`,
		`uniq(map(1..1000, # / 7))`, `groupBy(1..1000, # / 7)`, `sum(map(1..1000, # / 7))`, `mean(Nums)`, `toJSON(map(1..1000, # / 7))`, `string(map(1..1000, # / 7))`, `max(Nums, Nums)`, `roundTo(1.5, 9223372036854775807)`, `roundTo(1e90, -40)`, `percent(1e90, 1e-90)`,
		`map(1..1000, addDays(D, #))`, `map(1..1000, addMonths(D, #))`, `map(1..1000, formatDate(D, repeat("MMMM", 50)))`, `formatDate(D, A)`, `addDays(A, 1)`, `addDays(D, 1e300)`, `addMonths(D, 4000000)`, `daysBetween(D, A)`, `hoursBetween("0001-01-01", "9999-12-31")`, `year(A)`,
		`map(1..1000, today())`, `map(1..1000, now())`, `filter(E, # > 1)`, `Nums == Nums`, `any(1..1000, Nums == Nums)`, `fromJSON(toJSON(Nums)) == Nums`, `map(Nums, # * 1.1)`,
	}
}

func TestNoExpressionMakesMoreOrTakesLongerThanItMay(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	within := func(source string, formula bool) {
		c := measureAs(source, formula)
		if testing.Verbose() && (c.made > expression.MaxMade*9/10 || c.took > expression.MaxTime/4) {
			t.Log(c.made, c.took, source, c.err)
		}
		require.LessOrEqual(t, c.made, uint64(expression.MaxMade+slack), "bytes made by %s (%v, formula %v)", source, c.err, formula)
		require.LessOrEqual(t, c.took, expression.MaxTime, "time of %s (%v, formula %v)", source, c.err, formula)
	}
	for _, source := range attacks() {
		within(source, false)
		within(source, true)
	}
	for _, source := range formulaAttacks() {
		within(source, true)
	}
}

func TestCompilingIsBounded(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	nest := func(n int) string {
		s := "1"
		for range n {
			s = "(1 < " + s + " < 2)"
		}
		return s
	}
	elvis := "S"
	for range 60 {
		elvis = "(" + elvis + " ?: N)"
	}
	for name, source := range map[string]string{
		"brackets":            strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"brackets within 16K": strings.Repeat("(", 8_000) + "1" + strings.Repeat(")", 8_000),
		"lists":               strings.Repeat("[", 8_000), "maps": strings.Repeat("{a:", 5_000), "indexes": "L" + strings.Repeat("[L", 7_000),
		"nots": strings.Repeat("!", 16_000) + "true", "minuses": strings.Repeat("-", 16_000) + "1", "not words": strings.Repeat("not ", 4_000) + "true",
		"ternaries": strings.Repeat("B ? 1 : ", 2_000) + "1", "ternaries left": strings.Repeat("B ? ", 3_000) + "1", "powers": strings.Repeat("1 ** ", 3_000) + "1",
		"lets": strings.Repeat("let a = 1; ", 1_400) + "a", "ifs": strings.Repeat("if B { 1 } else ", 1_000) + "{ 1 }", "pipes": "S" + strings.Repeat("|len()", 2_600),
		"shared comparisons": nest(40), "shared comparisons within the brackets": nest(62), "elvis": elvis,
		"a long text": `"` + strings.Repeat("x", 1<<20) + `"`, "a long name": strings.Repeat("x", 16_000), "a long number": strings.Repeat("9", 16_000), "a long float": "1" + strings.Repeat("0", 10_000) + ".0",
		"exponents": "1e999999999", "commas": strings.Repeat(",", 16_000), "quotes": strings.Repeat(`"`, 16_001), "comment": "/*" + strings.Repeat("*", 16_000), "escapes": `"` + strings.Repeat(`\`, 16_000),
		"patterns": strings.Repeat(`S matches "(a{1,30}){1,30}" or `, 100) + "true", "nothing": "", "not UTF-8": "\xff\xfe", "dots": strings.Repeat(".", 16_000), "hashes": strings.Repeat("#", 16_000),
		"chains": "M" + strings.Repeat("?.a", 5_000), "calls": "S" + strings.Repeat("()", 8_000), "a predicate alone": "map(L, )",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		runtime.LockOSThread()
		start := cpuTime()
		_, err := expression.Compile(source, expression.Options{Variables: names()})
		took := cpuTime() - start
		runtime.UnlockOSThread()
		runtime.ReadMemStats(&after)
		require.Error(t, err, name)
		require.Less(t, len(err.Error()), 1000, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), name)
		require.Less(t, took, 100*time.Millisecond, name)
	}
}

func TestWhatIsOverItsBudgetSaysSo(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]error{
		`reduce(1..1000, {#acc + #acc}, A) != ""`: expression.ErrTooLarge,
		`len(repeat(A, 100000)) > 0`:              expression.ErrTooLarge,
		`join(map(1..1000, {A}))`:                 expression.ErrTooLarge,
		`any(1..1000, A contains "b")`:            expression.ErrTooLong,
		`count(1..1000, A matches "a*b") > 0`:     expression.ErrTooLong,
	} {
		require.ErrorIs(t, measure(source).err, want, source)
	}
}

func TestAnEvaluationIsNotChangedByThoseBeforeIt(t *testing.T) {
	t.Parallel()
	p, err := expression.Compile(`let x = v + 1; count(1..3, # < x) == 2`, expression.Options{Variables: []string{"v"}, Bool: true})
	require.NoError(t, err)
	for i := range 100 {
		raw := json.RawMessage(`2`)
		if i%3 == 0 {
			raw = json.RawMessage(`"a text"`)
		}
		ok, err := p.Bool(func(int) json.RawMessage { return raw })
		require.Equal(t, i%3 == 0, err != nil, fmt.Sprint(err))
		require.Equal(t, i%3 != 0, ok)
	}
}
