package salesforcetwin

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

const (
	maxURI   = 16_384 // characters of an address
	maxQuery = 2_000  // records of an answer
)

// statement is a query.
type statement struct {
	columns []string
	from    string
	where   func(*kind, *record) bool
	order   []string
	limit   int
	used    []string // fields of the condition
}

// tokens matches texts in quotes, words with times and numbers, and signs.
var tokens = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|[A-Za-z0-9_.:+-]+|>=|<=|[=<>(),]|\S`)

// parser reads what the twin knows of SOQL: SELECT … FROM … [WHERE …] [ORDER BY …] [LIMIT n].
type parser struct {
	list []string
	at   int
	s    *statement
}

type syntax string

func (p *parser) peek() string {
	if p.at < len(p.list) {
		return p.list[p.at]
	}
	return ""
}

func (p *parser) next() string {
	t := p.peek()
	p.at++
	return t
}

// is takes a word if it comes next.
func (p *parser) is(word string) bool {
	if strings.EqualFold(p.peek(), word) {
		p.at++
		return true
	}
	return false
}

func (p *parser) need(word string) {
	if !p.is(word) {
		panic(syntax("expecting " + word + " but found '" + p.peek() + "'"))
	}
}

func parse(soql string) (s *statement, fault string) {
	const most = 2_000
	p := &parser{list: tokens.FindAllString(soql, -1), s: &statement{limit: maxQuery}}
	if len(p.list) > most*2 {
		return nil, "the query is too complicated"
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case syntax:
			s, fault = nil, string(r)
		default:
			panic(r)
		}
	}()
	p.need("SELECT")
	p.s.columns = p.names()
	p.need("FROM")
	p.s.from = p.next()
	p.s.where = func(*kind, *record) bool { return true }
	if p.is("WHERE") {
		p.s.where = p.either()
	}
	if p.is("ORDER") {
		p.need("BY")
		p.s.order = p.names()
	}
	if p.is("LIMIT") {
		n, err := strconv.Atoi(p.next())
		if err != nil || n < 0 {
			panic(syntax("LIMIT needs a number"))
		}
		p.s.limit = min(n, maxQuery)
	}
	if p.at < len(p.list) {
		panic(syntax("unexpected token: '" + p.peek() + "'"))
	}
	return p.s, ""
}

func (p *parser) names() (out []string) {
	for {
		out = append(out, p.next())
		if !p.is(",") {
			return out
		}
	}
}

func (p *parser) either() func(*kind, *record) bool {
	left := p.all()
	for p.is("OR") {
		l, r := left, p.all()
		left = func(k *kind, rec *record) bool { return l(k, rec) || r(k, rec) }
	}
	return left
}

func (p *parser) all() func(*kind, *record) bool {
	left := p.condition()
	for p.is("AND") {
		l, r := left, p.condition()
		left = func(k *kind, rec *record) bool { return l(k, rec) && r(k, rec) }
	}
	return left
}

func (p *parser) condition() func(*kind, *record) bool {
	if p.is("(") {
		inner := p.either()
		p.need(")")
		return inner
	}
	name := strings.ToLower(p.next())
	p.s.used = append(p.s.used, name)
	if p.is("IN") {
		p.need("(")
		values := map[string]bool{}
		for {
			values[strings.ToLower(p.literal())] = true
			if !p.is(",") {
				break
			}
		}
		p.need(")")
		return func(k *kind, r *record) bool { return values[strings.ToLower(k.value(r, name))] }
	}
	op, literal := p.next(), p.literal()
	at, isTime := timeOf(literal)
	return func(k *kind, r *record) bool {
		var c int
		switch {
		case isTime && name == "systemmodstamp":
			c = r.updated.Compare(at)
		case name == "id":
			c = cmp.Compare(r.id, literal)
		default:
			c = cmp.Compare(strings.ToLower(k.value(r, name)), strings.ToLower(literal))
		}
		switch op {
		case "=":
			return c == 0
		case ">":
			return c > 0
		case ">=":
			return c >= 0
		case "<":
			return c < 0
		default:
			return op == "<=" && c <= 0
		}
	}
}

func timeOf(literal string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, literal)
	return at, err == nil
}

// literal is a text without its quotes, or a word as it is.
func (p *parser) literal() string {
	t := p.next()
	if t == "" || t == "'" || t == ")" || t == "," {
		panic(syntax("unexpected token: '" + t + "'"))
	}
	if t[0] != '\'' {
		return t
	}
	var b strings.Builder
	body := t[1 : len(t)-1]
	for i := 0; i < len(body); i++ {
		if body[i] == '\\' && i+1 < len(body) {
			i++
			if c := strings.IndexByte("nrtbf", body[i]); c >= 0 {
				b.WriteByte("\n\r\t\b\f"[c])
				continue
			}
		}
		b.WriteByte(body[i])
	}
	return b.String()
}

func (t *Twin) query(c call) {
	if len(c.r.URL.RequestURI()) > maxURI {
		failed(c.w, http.StatusRequestURITooLong, "URI_TOO_LONG", "the address is too long")
		return
	}
	s, bad := parse(c.r.URL.Query().Get("q"))
	if bad != "" {
		failed(c.w, http.StatusBadRequest, "MALFORMED_QUERY", bad)
		return
	}
	if s.from == "Organization" {
		crmtwin.Answer(c.w, http.StatusOK, crmtwin.Object{
			"totalSize": 1, "done": true, "records": []crmtwin.Object{{"Id": orgID, "Name": "Stand-in Ltd"}},
		})
		return
	}
	if c.kind = t.kinds[s.from]; c.kind == nil {
		failed(c.w, http.StatusBadRequest, "INVALID_TYPE", "sObject type '"+s.from+"' is not supported.")
		return
	}
	if c.unknown(slices.Concat(s.columns, s.used, s.order)) {
		return
	}
	all := strings.HasSuffix(c.r.URL.Path, "/queryAll")
	var hits []*record
	for _, r := range c.records {
		if (all || !r.deleted) && s.where(c.kind, r) {
			hits = append(hits, r)
		}
	}
	slices.SortFunc(hits, func(a, b *record) int {
		for _, name := range s.order {
			var d int
			switch name = strings.ToLower(name); name {
			case "systemmodstamp":
				d = a.updated.Compare(b.updated)
			default:
				d = cmp.Compare(c.value(a, name), c.value(b, name))
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
	hits = hits[:min(s.limit, len(hits))]
	records := make([]crmtwin.Object, 0, len(hits))
	for _, r := range hits {
		records = append(records, c.show(r, s.columns))
	}
	crmtwin.Answer(c.w, http.StatusOK, crmtwin.Object{"totalSize": len(records), "done": true, "records": records})
}
