package extract

import (
	"errors"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Extractor finds what one target says.
type Extractor interface {
	Target() scrape.Target
	// Version grows with each change that finds something else in the same page.
	Version() int
	// Fields are the names of all that can be found.
	Fields() []string
	// Extract finds them; a name that is absent was not found. Reasons say why there is not all.
	Extract(d *Document) (fields map[string]any, reasons []string)
}

// Registry holds the extractors.
type Registry struct {
	bound func(string) string
	all   map[scrape.Target]Extractor
}

// NewRegistry makes a registry. bound makes of a page's HTML one whose tree is no larger than the page.
func NewRegistry(bound func(string) string, extractors ...Extractor) (*Registry, error) {
	if bound == nil {
		return nil, errors.New("extractors need a bound of pages")
	}
	r := &Registry{bound: bound, all: map[scrape.Target]Extractor{}}
	for _, e := range extractors {
		if _, double := r.all[e.Target()]; double || e.Target() == "" || e.Version() < 1 || len(e.Fields()) == 0 {
			return nil, fmt.Errorf("the extractor of %q is double, or has no version or fields", e.Target())
		}
		r.all[e.Target()] = e
	}
	return r, nil
}

// Targets are the targets, sorted.
func (r *Registry) Targets() []scrape.Target {
	out := make([]scrape.Target, 0, len(r.all))
	for t := range r.all {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

// Version is that of the target's extractor; 0 for an unknown target.
func (r *Registry) Version(t scrape.Target) int {
	if e, ok := r.all[t]; ok {
		return e.Version()
	}
	return 0
}

// Look parses a page.
func (r *Registry) Look(p scrape.Page) scrape.Look {
	d, err := NewDocument(r.bound, p)
	return look{r, d, err, p.Cut}
}

// look is a page that was parsed, or could not be.
type look struct {
	*Registry

	document *Document
	err      error
	cut      bool
}

// Shell implements scrape.Look.
func (l look) Shell() bool { return l.err == nil && l.document.shell() }

// Extract implements scrape.Look. A page that an extractor breaks over gives an extract without fields, with the reason.
func (l look) Extract(t scrape.Target) (out scrape.Extract, err error) {
	e, ok := l.all[t]
	if !ok {
		return out, kernel.Invalid("target", "no extractor is called %q", kernel.Shorten(string(t)))
	}
	out = scrape.Extract{Target: t, Version: e.Version(), Fields: map[string]any{}}
	for _, name := range e.Fields() {
		out.Fields[name] = nil
	}
	defer func() {
		if broken := recover(); broken != nil {
			out.Reasons = append(out.Reasons, "the extractor broke down over this page")
		}
	}()
	if l.err != nil {
		out.Reasons = append(out.Reasons, "the page can't be read as HTML")
		return out, nil
	}
	found, reasons := e.Extract(l.document)
	for name, v := range found {
		if _, known := out.Fields[name]; known && !nothing(v) {
			out.Fields[name] = v
		}
	}
	if l.cut {
		reasons = append(reasons, "the page is larger than is read")
	}
	out.Reasons = append(out.Reasons, reasons...)
	return out, nil
}

// nothing reports a value that says nothing.
func nothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
