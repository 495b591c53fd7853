package table

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

// Formula is what computes the cells of a formula column. Its references are by column id, {{col_…}}, so that a rename breaks nothing.
type Formula struct {
	Expression string `json:"expression" maxLength:"16384" doc:"References are {{Column name}} or {{col_…}}; kept by id."`
}

// maxFormula is how many bytes a formula has at most; longer ones are not looked at.
const maxFormula = 16 << 10

// reference is {{Name}} or {{col_…}} at the beginning; blanks around the name don't count.
var reference = regexp.MustCompile(`^\{\{\s*([^{}]+?)\s*\}\}`)

// eachReference calls fn with what each reference outside a quoted text names, and returns the expression with what fn answers in
// their places.
func eachReference(source string, fn func(whole, name string) string) string {
	out, _ := scanReferences(source, fn)
	return out
}

// scanReferences is eachReference, and says where the first {{ begins that is no reference; open is -1 if each is one.
func scanReferences(source string, fn func(whole, name string) string) (out string, open int) {
	open = -1
	var b strings.Builder
	rest, quote := source, byte(0)
	for rest != "" {
		c := rest[0]
		switch {
		case quote != 0 && c == '\\' && quote != '`' && len(rest) > 1:
			b.WriteString(rest[:2])
			rest = rest[2:]
			continue
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.HasPrefix(rest, "{{"):
			if at := reference.FindStringSubmatchIndex(rest); at != nil {
				b.WriteString(fn(rest[:at[1]], rest[at[2]:at[3]]))
				rest = rest[at[1]:]
				continue
			}
			if open < 0 && !reference.MatchString(rest[1:]) { // a brace before a reference opens an object
				open = len(source) - len(rest)
			}
		}
		b.WriteByte(c)
		rest = rest[1:]
	}
	return b.String(), open
}

// References lists the columns that a kept formula refers to, in order, each once.
func (f *Formula) References() []kernel.ColumnID {
	var out []kernel.ColumnID
	if f == nil {
		return nil
	}
	eachReference(f.Expression, func(whole, name string) string {
		if id := kernel.ColumnID(name); !slices.Contains(out, id) {
			out = append(out, id)
		}
		return whole
	})
	return out
}

// FormulaError says what is wrong with a formula. From and To are characters of what was written; both 0 mean all of it.
type FormulaError struct {
	Message string `json:"message"`
	From    int    `json:"from"`
	To      int    `json:"to"`
}

// Error returns the message.
func (p *FormulaError) Error() string { return p.Message }

// CheckedFormula is a formula that can be evaluated.
type CheckedFormula struct {
	Formula
	Kind     expression.Kind // of its results, as far as that shows before
	UsesTime bool

	program *expression.Program
	inputs  []kernel.ColumnID // by the numbers of the variables
}

// CheckFormula reads a written formula over the table's live columns.
func CheckFormula(source string, columns []Column) (CheckedFormula, *FormulaError) {
	var out CheckedFormula
	var problem *FormulaError
	if len(source) > maxFormula {
		return out, &FormulaError{Message: "a formula has at most 16 KB"}
	}
	if !utf8.ValidString(source) {
		return out, &FormulaError{Message: "the formula is not valid UTF-8"}
	}
	s := Schema{Columns: columns}
	var open int
	out.Expression, open = scanReferences(source, func(whole, name string) string {
		c, ok := s.Find(name)
		if !ok {
			if problem == nil {
				from := utf8.RuneCountInString(source[:strings.Index(source, whole)])
				problem = &FormulaError{fmt.Sprintf("there is no column “%s”", kernel.Shorten(name)), from, from + utf8.RuneCountInString(whole)}
			}
			return whole
		}
		return "{{" + string(c.ID) + "}}"
	})
	if open >= 0 {
		from := utf8.RuneCountInString(source[:open])
		return out, &FormulaError{"a column is written as {{Name}}: the }} is missing", from, from + len("{{")}
	}
	if problem != nil {
		return out, problem
	}
	var err error
	if out.program, out.inputs, err = compileFormula(source, func(name string) (kernel.ColumnID, bool) {
		c, ok := s.Find(name)
		return c.ID, ok
	}); err != nil {
		return out, problemOf(err)
	}
	out.Kind, out.UsesTime = out.program.Kind(), out.program.UsesTime()
	return out, nil
}

func problemOf(err error) *FormulaError {
	if p := (*expression.SyntaxError)(nil); asProblem(err, &p) {
		return &FormulaError{p.Message, p.From, p.To}
	}
	return &FormulaError{Message: err.Error()}
}

// compileFormula puts variables in the places of references, each as long as its reference where that is possible, so that an error's
// place is one of the source.
func compileFormula(source string, find func(name string) (kernel.ColumnID, bool)) (*expression.Program, []kernel.ColumnID, error) {
	var inputs []kernel.ColumnID
	var names []string
	text := eachReference(source, func(whole, name string) string {
		id, _ := find(name)
		i := slices.Index(inputs, id)
		if i < 0 {
			i = len(inputs)
			inputs, names = append(inputs, id), append(names, fmt.Sprintf("v%d", i))
		}
		v := names[i]
		return v + strings.Repeat(" ", max(0, utf8.RuneCountInString(whole)-len(v)))
	})
	program, err := expression.Compile(text, expression.Options{Variables: names, Formula: true})
	return program, inputs, err
}

// computable are the types that a formula's results can have.
func (t Type) computable() bool { return t.Known() && !t.ReadOnly() && t != User }

// formula checks a column's formula beside the table's live columns, and keeps its references by id.
func (c Column) formula(live []Column) (Column, bool, error) {
	if c.Formula == nil || strings.TrimSpace(c.Formula.Expression) == "" {
		return c, false, kernel.Invalid("formula.expression", "write what the column computes, such as {{Price}} * 2")
	}
	if !c.Type.computable() {
		return c, false, kernel.Invalid("type", "a formula can't compute values of the type %s", c.Type)
	}
	checked, problem := CheckFormula(c.Formula.Expression, live)
	if problem != nil {
		return c, false, kernel.Invalid("formula.expression", "%s", problem.Message)
	}
	c.Formula = &Formula{Expression: checked.Expression}
	return c, checked.UsesTime, nil
}
