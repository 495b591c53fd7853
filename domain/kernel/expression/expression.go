package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"

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
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	run   node
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
	if _, err := checker.Check(tree, config); err != nil {
		return nil, explain(err)
	}
	c := &compiler{variables: map[string]int{}}
	for i, name := range opts.Variables {
		c.variables[name] = i
	}
	p = &Program{run: c.compile(tree.Node), opts: opts, lets: c.lets, clock: opts.Clock}
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
func (p *Program) Eval(value func(i int) json.RawMessage) (out any, err error) {
	r, ok := p.runs.Get().(*run)
	if !ok {
		r = &run{vars: make([]variable, len(p.opts.Variables)), lets: make([]any, p.lets)}
	}
	r.start(p.clock, value)
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
	value func(i int) json.RawMessage
	vars  []variable
	lets  []any
	loop  loop
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
		v.value, v.decoded = decode(&r.meter, r.value(i)), true
	}
	return v.value
}

const maxMessage = 300

// badNumber is how the library's parser says what strconv has said.
var badNumber = regexp.MustCompile(`strconv\.\w+: parsing`)

// explain makes an error of what stopped a compilation or an evaluation: one line, without what a cell holds at length.
func explain(reason any) error {
	var text string
	switch e := reason.(type) {
	case error:
		if errors.Is(e, ErrTooLarge) || errors.Is(e, ErrTooLong) {
			return e
		}
		text = e.Error()
	default:
		text = fmt.Sprint(e)
	}
	line, _, _ := strings.Cut(text, "\n")
	if badNumber.MatchString(line) {
		return errors.New("a number in the expression is too large, or not written as one")
	}
	if len(line) > maxMessage {
		line = strings.ToValidUTF8(line[:maxMessage], "") + "…"
	}
	return errors.New(line)
}
