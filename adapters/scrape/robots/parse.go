package robots

import (
	"strconv"
	"strings"
	"time"
)

// MaxBytes is how much of a robots.txt is read (RFC 9309, 2.5); what comes after is not looked at.
const MaxBytes = 500 << 10

// maxRules bounds the rules of one crawler.
const maxRules = 5000

// Rules are those of a robots.txt for one crawler. The zero value allows everything.
type Rules struct {
	rules []rule
	// Delay is the pause between two requests that the site asks for (Crawl-delay, not in the RFC); 0 without one.
	Delay time.Duration
}

type rule struct {
	pattern string // normalised, without a closing $
	end     bool   // it closed with $
	allow   bool
}

// maxDelay bounds what a site may ask for.
const maxDelay = time.Minute

// Parse returns the rules for the crawler with the product token: those of all groups that name it, in any case, else of all groups for *.
func Parse(text []byte, token string) Rules {
	if len(text) > MaxBytes {
		text = text[:MaxBytes]
		if at := strings.LastIndexAny(string(text), "\r\n"); at >= 0 { // a line that is cut could say the contrary
			text = text[:at]
		}
	}
	var named, others Rules
	var found bool
	p := parser{token: strings.ToLower(token)}
	body := strings.TrimPrefix(string(text), "\ufeff")
	for line := range strings.FieldsFuncSeq(body, func(r rune) bool { return r == '\n' || r == '\r' }) {
		p.line(line)
		switch {
		case p.named:
			found = true
			p.add(&named)
		case p.any:
			p.add(&others)
		}
	}
	if found {
		return named
	}
	return others
}

// parser is where in the text a reader is: in the lines that name a group's crawlers, or in its rules.
type parser struct {
	token      string
	inRules    bool
	named, any bool // the group is for the crawler, for *
	key, value string
}

func (p *parser) line(line string) {
	line, _, _ = strings.Cut(line, "#")
	key, value, ok := strings.Cut(line, ":")
	p.key, p.value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
	if !ok {
		p.key = ""
		return
	}
	switch p.key {
	case "user-agent", "useragent", "user agent":
		if p.inRules {
			p.inRules, p.named, p.any = false, false, false
		}
		p.key = ""
		if p.value == "*" || strings.HasPrefix(p.value, "* ") {
			p.any = true
		} else if productToken(p.value) == p.token {
			p.named = true
		}
	case "allow", "disallow", "crawl-delay":
		p.inRules = true
	}
}

// productToken is the part of a crawler's name that counts (RFC 9309, 2.2.1): letters, "-" and "_".
func productToken(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
	if end >= 0 {
		s = s[:end]
	}
	return strings.ToLower(s)
}

// add takes the line into the rules.
func (p *parser) add(r *Rules) {
	switch p.key {
	case "crawl-delay":
		if s, err := strconv.ParseFloat(p.value, 64); err == nil && s > 0 {
			r.Delay = min(maxDelay, time.Duration(min(s, maxDelay.Seconds())*float64(time.Second)))
		}
	case "allow", "disallow":
		if p.value == "" || len(r.rules) >= maxRules {
			return // an empty pattern says nothing
		}
		pattern := normalise(p.value)
		bare, end := strings.CutSuffix(pattern, "$")
		r.rules = append(r.rules, rule{pattern: bare, end: end, allow: p.key == "allow"})
	}
}

// maxPath is how much of an address is compared.
const maxPath = 4 << 10

// Allowed reports whether the path, with its query, may be asked for: the longest rule that matches decides, and an allowing one between
// two of equal length. robots.txt itself always may.
func (r Rules) Allowed(path string) bool {
	path = normalise(path[:min(len(path), maxPath)])
	if path == "" {
		path = "/"
	}
	if path == "/robots.txt" {
		return true
	}
	longest, allowed := -1, true
	for _, rule := range r.rules {
		if n := rule.length(); (n > longest || n == longest && rule.allow) && rule.matches(path) {
			longest, allowed = n, rule.allow
		}
	}
	return allowed
}

// length is how specific a rule is, in octets.
func (r rule) length() int {
	if r.end {
		return len(r.pattern) + 1
	}
	return len(r.pattern)
}

// matches compares without going back: each part between two stars is looked for after the one before it.
func (r rule) matches(path string) bool {
	first, rest, star := strings.Cut(r.pattern, "*")
	if !strings.HasPrefix(path, first) {
		return false
	}
	path = path[len(first):]
	if !star {
		return !r.end || path == ""
	}
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			if r.end {
				return strings.HasSuffix(path, part)
			}
			return strings.Contains(path, part)
		}
		at := strings.Index(path, part)
		if at < 0 {
			return false
		}
		path, rest = path[at+len(part):], after
	}
}

const upperHex = "0123456789ABCDEF"

// normalise writes two spellings of one path alike (RFC 9309, 2.2.2): characters outside of ASCII are percent-encoded, percent-encoded ones
// that need not be are written out, and hexadecimal digits are capitals.
func normalise(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if v, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				i += 2
				if unreserved(byte(v)) {
					out.WriteByte(byte(v))
				} else {
					encode(&out, byte(v))
				}
				continue
			}
		}
		if c <= ' ' || c >= 0x7f {
			encode(&out, c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

func encode(out *strings.Builder, c byte) {
	out.WriteByte('%')
	out.WriteByte(upperHex[c>>4])
	out.WriteByte(upperHex[c&15])
}

// unreserved are the characters that mean the same encoded and written out (RFC 3986, 2.3).
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
