package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/shopspring/decimal"

	"github.com/morket/morket/domain/kernel"
)

// Options say what an expression is compiled for. The zero value is for an expression without variables that may have any value.
type Options struct {
	// Variables are the names that the expression may use, each of any type.
	Variables []string
	// Bool asks for an expression that is true or false.
	Bool bool
	// Clock stops an evaluation that takes too long; the system's when nil.
	Clock kernel.Clock
	// Formula is for an expression that computes a cell: numbers are exact decimals, an empty value makes what is computed from it empty
	// instead of an error, and there are the helpers that Functions documents.
	Formula bool
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	run   node
	kind  Kind
	times bool
	now   bool
	opts  Options
	lets  int
	clock kernel.Clock
	runs  sync.Pool
}

// Compile checks an expression and prepares its evaluation. Its work is bounded by the source's size.
func Compile(source string, opts Options) (p *Program, err error) {
	defer func() {
		if r := recover(); r != nil { // the library's parser and checker have had panics
			p, err = nil, explain(r)
		}
	}()
	if err := checkSource(source); err != nil {
		return nil, err
	}
	config := configure(opts)
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, explain(err)
	}
	if err := checkTree(tree.Node); err != nil {
		return nil, err
	}
	if opts.Formula {
		var v conditionals
		if ast.Walk(&tree.Node, &v); v.err != nil {
			return nil, v.err
		}
	}
	result, err := checker.Check(tree, config)
	if err != nil {
		return nil, explain(err)
	}
	c := &compiler{variables: map[string]int{}, formula: opts.Formula}
	for i, name := range opts.Variables {
		c.variables[name] = i
	}
	p = &Program{run: c.compile(tree.Node), kind: kindOf(result), opts: opts, lets: c.lets, clock: opts.Clock}
	p.times, p.now = c.times, c.now
	if p.clock == nil {
		p.clock = kernel.SystemClock{}
	}
	return p, nil
}

// configure says to the library's parser and checker what there is.
func configure(opts Options) *conf.Config {
	env := make(types.Map, len(opts.Variables))
	for _, name := range opts.Variables {
		env[name] = types.Any
	}
	config := conf.CreateNew()
	config.Optimize = false
	config.MaxNodes = maxNodes
	config.WithEnv(env)
	if opts.Bool {
		config.Expect, config.ExpectAny = reflect.Bool, true
	}
	config.Functions["empty"] = emptyFunction()
	if opts.Formula {
		config.DisableIfOperator = true // the name is that of a function
		for name, h := range helpers {
			config.Functions[name] = h.function(name)
		}
	}
	for name := range config.Builtins {
		if !available(name) {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	return config
}

// Eval evaluates the expression over the variables' values as JSON, asked for by their numbers in Options.Variables and only when
// they are needed. An evaluation that is over its budget ends with ErrTooLarge or ErrTooLong.
func (p *Program) Eval(value func(i int) json.RawMessage) (any, error) {
	return p.EvalAt(time.Time{}, value)
}

// EvalAt is Eval for a formula at a moment: what now() is, and in whose zone today() is.
func (p *Program) EvalAt(now time.Time, value func(i int) json.RawMessage) (out any, err error) {
	r, ok := p.runs.Get().(*run)
	if !ok {
		r = &run{vars: make([]variable, len(p.opts.Variables)), lets: make([]any, p.lets)}
	}
	clock := p.clock
	if p.opts.Formula {
		clock = nil
	}
	r.start(clock, value)
	r.formula, r.now = p.opts.Formula, now
	defer func() {
		if e := recover(); e != nil {
			out, err = nil, explain(e)
		}
		r.clear()
		p.runs.Put(r)
	}()
	out = p.run(r)
	if _, skipped := out.(skip); skipped {
		out = nil
	}
	if _, ok := out.(bool); p.opts.Bool && !ok && out != nil {
		return nil, fmt.Errorf("the expression is %s, not true or false", typeName(out))
	}
	return out, nil
}

// Bool evaluates an expression that was compiled with Options.Bool; nil is false.
func (p *Program) Bool(value func(i int) json.RawMessage) (bool, error) {
	out, err := p.Eval(value)
	b, _ := out.(bool)
	return b, err
}

// run is the state of one evaluation.
type run struct {
	meter
	formula bool
	now     time.Time
	value   func(i int) json.RawMessage
	vars    []variable
	lets    []any
	loop    loop
}

type variable struct {
	value   any
	decoded bool
}

// loop is where the innermost loop stands.
type loop struct {
	item  any
	acc   any
	index int
}

func (r *run) start(clock kernel.Clock, value func(int) json.RawMessage) {
	r.meter = meter{clock: clock, next: checkEvery}
	r.value = value
}

func (r *run) clear() {
	clear(r.vars)
	clear(r.lets)
	r.loop, r.value = loop{}, nil
}

func (r *run) variable(i int) any {
	v := &r.vars[i]
	if !v.decoded {
		read := decode
		if r.formula {
			read = decodeExact
		}
		v.value, v.decoded = read(&r.meter, r.value(i)), true
	}
	return v.value
}

const maxMessage = 300

// badNumber is how the library's parser says what strconv has said.
var badNumber = regexp.MustCompile(`strconv\.\w+: parsing`)

// explain makes an error of what stopped a compilation or an evaluation: one line, without what a cell holds at length.
func explain(reason any) error {
	var text string
	var at *file.Error
	switch e := reason.(type) {
	case error:
		if errors.Is(e, ErrTooLarge) || errors.Is(e, ErrTooLong) {
			return e
		}
		text = e.Error()
		if errors.As(e, &at) {
			return &SyntaxError{Message: oneLine(at.Message), From: at.From, To: max(at.To, at.From+1), text: oneLine(text)}
		}
	default:
		text = fmt.Sprint(e)
	}
	return errors.New(oneLine(text))
}

func oneLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if badNumber.MatchString(line) {
		return "a number in the expression is too large, or not written as one"
	}
	if len(line) > maxMessage {
		line = strings.ToValidUTF8(line[:maxMessage], "") + "…"
	}
	return line
}

// SyntaxError is an error in an expression whose place is known.
type SyntaxError struct {
	Message  string
	From, To int // characters of the source
	text     string
}

// Error returns the message with its line and column.
func (p *SyntaxError) Error() string { return p.text }

// Kind is what an expression makes, as far as that shows before it is evaluated.
type Kind string

// The kinds.
const (
	AnyKind    Kind = "any"
	TextKind   Kind = "text"
	NumberKind Kind = "number"
	BoolKind   Kind = "boolean"
	ListKind   Kind = "list"
	MapKind    Kind = "map"
	TimeKind   Kind = "time"
)

// Kind returns what the expression makes.
func (p *Program) Kind() Kind { return p.kind }

// UsesTime reports whether the expression asks for the time, so that its value changes when nothing else does.
func (p *Program) UsesTime() bool { return p.times }

// UsesNow reports whether it asks for more than the day.
func (p *Program) UsesNow() bool { return p.now }

// KindOf is the kind of a value that an evaluation made.
func KindOf(v any) Kind {
	if _, ok := v.(decimal.Decimal); ok {
		return NumberKind
	}
	return kindOf(reflect.TypeOf(v))
}

func kindOf(t reflect.Type) Kind {
	if t == nil {
		return AnyKind
	}
	if t == reflect.TypeFor[time.Time]() {
		return TimeKind
	}
	switch t.Kind() {
	case reflect.String:
		return TextKind
	case reflect.Int, reflect.Int64, reflect.Float64:
		return NumberKind
	case reflect.Bool:
		return BoolKind
	case reflect.Slice, reflect.Array:
		return ListKind
	case reflect.Map:
		return MapKind
	default:
		return AnyKind
	}
}
