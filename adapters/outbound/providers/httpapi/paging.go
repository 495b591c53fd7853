package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
)

// Bounds of an answer in pages. The time that all pages together may take is the step's time for one call.
const (
	maxPages     = 20
	defaultPages = 5
	maxPaged     = 4 << 20 // bytes of all pages
	maxCursor    = 2000    // bytes
	maxSize      = 10_000  // of a page, in items
)

// Paging says how the further pages of an answer are asked for. The outputs see one list of all pages' items.
type Paging struct {
	Kind string `json:"kind"` // page, offset, cursor, link
	// Param is the query parameter, or with In "body" the member of the JSON body (a dotted path), that chooses the page.
	Param string `json:"param,omitempty"`
	In    string `json:"in,omitempty"` // query when empty
	// Start is the first page's number, 1 when absent, or the first offset, 0 when absent.
	Start *int `json:"start,omitempty"`
	// Size is how many items a page has: a shorter one is the last. Offsets grow by it.
	Size int `json:"size,omitempty"`
	// Path is the JSONPath of the next page's cursor or link; a link is taken from the header Link when it is empty (RFC 8288).
	Path string `json:"path,omitempty"`
	// Items is the JSONPath of a page's items, the whole page when empty. Lists are joined.
	Items    string `json:"items,omitempty"`
	MaxPages int    `json:"max_pages,omitempty"` // 5 when 0
}

const pagingSchema = `{"type":"object","required":["kind"],"additionalProperties":false,"properties":{
"kind":{"type":"string","enum":["page","offset","cursor","link"]},
"param":{"type":"string","maxLength":100},
"in":{"type":"string","enum":["","query","body"]},
"start":{"type":"integer","minimum":0},
"size":{"type":"integer","minimum":1,"maximum":10000},
"path":{"type":"string","description":"$.meta.next_cursor"},
"items":{"type":"string","description":"$.data"},
"max_pages":{"type":"integer","minimum":1,"maximum":20,"default":5}}}`

func (p *Paging) pages() int {
	if p == nil {
		return 1
	}
	if p.MaxPages == 0 {
		return defaultPages
	}
	return p.MaxPages
}

// start is the number that the first page is asked for by.
func (p *Paging) start() int {
	switch {
	case p.Start != nil:
		return *p.Start
	case p.Kind == "page":
		return 1
	default:
		return 0
	}
}

// step is by how much the number grows from page to page.
func (p *Paging) step() int {
	if p.Kind == "offset" {
		return p.Size
	}
	return 1
}

func (p *Paging) items() string {
	if p.Items == "" {
		return "$"
	}
	return p.Items
}

// checkPaging says what is wrong with the config's paging.
func (c Config) checkPaging() error {
	p := c.Paging
	if p == nil {
		return nil
	}
	if c.Method == http.MethodPost && !c.Repeatable {
		return errors.New(
			"paging asks several times for one answer: set repeatable if asking twice by POST neither costs nor changes more than once")
	}
	if p.MaxPages < 0 || p.MaxPages > maxPages {
		return fmt.Errorf("paging.max_pages must be 1 to %d", maxPages)
	}
	if p.Size < 0 || p.Size > maxSize || p.start() < 0 {
		return fmt.Errorf("paging.size must be 1 to %d and paging.start not negative", maxSize)
	}
	for name, path := range map[string]string{"path": p.Path, "items": p.Items} {
		if path == "" {
			continue
		}
		if _, err := answer.ParsePath(path); err != nil {
			return fmt.Errorf("paging.%s %w", name, err)
		}
	}
	return c.checkKind()
}

func (c Config) checkKind() error {
	p := c.Paging
	switch p.Kind {
	case "link":
		return nil
	case "page":
	case "offset":
		if p.Size == 0 {
			return errors.New("paging.size must say how many items a page has")
		}
	case "cursor":
		if p.Path == "" {
			return errors.New("paging.path must say where the next page's cursor is in the answer")
		}
	default:
		return errors.New("paging.kind must be page, offset, cursor or link")
	}
	switch p.In {
	case "", "query":
		if !parameter(p.Param) {
			return errors.New("paging.param must name the query parameter that chooses the page")
		}
	case "body":
		if c.Method == http.MethodGet || c.Body == "" {
			return errors.New("paging in the body needs POST or PUT with a body")
		}
		for _, name := range strings.Split(p.Param, ".") {
			if !token(name) || strings.Count(p.Param, ".") > 4 {
				return errors.New("paging.param must name the member of the body that chooses the page, page.number for example")
			}
		}
	default:
		return errors.New("paging.in must be query or body")
	}
	return nil
}

// parameter allows what names of query parameters have, page[number] for example.
func parameter(s string) bool {
	return s != "" && len(s) <= 100 &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("&=#{}", r) })
}
