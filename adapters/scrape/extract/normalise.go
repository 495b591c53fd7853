package extract

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

const maxValue = 2000 // characters of one value

// Text makes one line of text of bounded length, in NFC, without characters that only format and without entities that were written twice.
func Text(s string) string {
	if len(s) > maxValue*utf8.UTFMax*2 {
		s = strings.ToValidUTF8(s[:maxValue*utf8.UTFMax*2], "")
	}
	s = strings.Join(strings.Fields(visible(html.UnescapeString(s))), " ")
	if utf8.RuneCountInString(s) > maxValue {
		s = string([]rune(s)[:maxValue])
	}
	return norm.NFC.String(s)
}

// Lines makes text of several lines: each as Text without its limit, none empty.
func Lines(s string) string {
	var out []string
	for line := range strings.Lines(visible(s)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			out = append(out, line)
		}
	}
	return norm.NFC.String(strings.Join(out, "\n"))
}

// visible leaves out what can't be seen: controls and characters of format, but for the joiners that letters and emoji need.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case r == '\u200d' || r == '\u200c' || r == '\n' || r == '\t':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(s, ""))
}

// tracking reports the parameters of an address that serve to follow a reader and don't change the target.
func tracking(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "pk_") || strings.HasPrefix(name, "mtm_") ||
		strings.HasPrefix(name, "hsa_") || slices.Contains([]string{
		"gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "yclid", "twclid", "ttclid", "li_fat_id", "igshid", "mc_cid",
		"mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "oly_anon_id", "oly_enc_id",
		"vero_id", "wickedid", "_openstat", "srsltid", "ref_src", "ref_url", "spm", "scm", "s_cid", "icid", "_ga", "_gl", "rb_clickid", "zanpid",
		"irclickid", "epik",
	}, name)
}

// Address writes an address of a page in one way: scheme and host in lower case, no default port, no fragment, no parameters that track.
func Address(u *url.URL) string {
	c := *u
	c.Scheme, c.Host, c.Fragment, c.RawFragment, c.User = strings.ToLower(c.Scheme), strings.ToLower(c.Host), "", "", nil
	c.Host = strings.TrimSuffix(c.Host, map[string]string{"http": ":80", "https": ":443"}[c.Scheme])
	if c.Path == "" {
		c.Path = "/"
	}
	var kept []string
	for part := range strings.SplitSeq(c.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if part != "" && !tracking(name) {
			kept = append(kept, part)
		}
	}
	c.RawQuery, c.ForceQuery = strings.Join(kept, "&"), false
	return c.String()
}

const maxPhone = 40

// Phone writes a phone number as E.164; "" if it is none. region is the country in which a number without its country's code is read;
// without one such a number is none.
func Phone(s, region string) string {
	s = Text(s)
	if len(s) > maxPhone {
		return ""
	}
	if region == "" && !strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "00") {
		return ""
	}
	if rest, ok := strings.CutPrefix(s, "00"); ok {
		s = "+" + rest
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// Date writes a time of the forms that pages use as a date or a time of ISO 8601; "" if it is none.
func Date(s string) string {
	s = Text(s)
	for _, form := range []struct{ in, out string }{
		{time.RFC3339, time.RFC3339},
		{"2006-01-02T15:04:05", "2006-01-02T15:04:05"},
		{"2006-01-02T15:04", "2006-01-02T15:04"},
		{"2006-01-02T15:04:05-0700", time.RFC3339},
		{"2006-01-02 15:04:05", "2006-01-02T15:04:05"},
		{"2006-01-02", "2006-01-02"},
		{"20060102", "2006-01-02"},
		{time.RFC1123, time.RFC3339},
		{time.RFC1123Z, time.RFC3339},
		{"January 2, 2006", "2006-01-02"},
		{"2 January 2006", "2006-01-02"},
	} {
		if t, err := time.Parse(form.in, s); err == nil {
			return t.Format(form.out)
		}
	}
	return ""
}

const maxList = 20

// Texts returns the texts in a value of JSON-LD: itself, of a list, of an object by one of the members.
func Texts(v any, members ...string) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v[:min(len(v), maxList)] {
			if _, nested := e.([]any); !nested {
				out = append(out, Texts(e, members...)...)
			}
		}
		return out
	case map[string]any:
		for _, m := range append([]string{"@value"}, members...) {
			if s, ok := v[m].(string); ok {
				return []string{s}
			}
		}
	}
	return nil
}

// First returns the first of Texts, normalised.
func First(v any, members ...string) string {
	for _, s := range Texts(v, members...) {
		if s = Text(s); s != "" {
			return s
		}
	}
	return ""
}

// Object returns the value as a node of JSON-LD, the first of a list; nil if it is none.
func Object(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		for _, e := range v[:min(len(v), maxList)] {
			if m, ok := e.(map[string]any); ok {
				return m
			}
		}
	}
	return nil
}

// Place returns the parts of a Place or PostalAddress of JSON-LD.
func Place(v any) map[string]any {
	node := Object(v)
	if inner := Object(node["address"]); inner != nil {
		node = inner
	} else if s := First(node["address"]); s != "" {
		return map[string]any{"text": s}
	}
	out := map[string]any{}
	for name, member := range map[string]string{
		"street":   "streetAddress",
		"city":     "addressLocality",
		"region":   "addressRegion",
		"postcode": "postalCode",
		"country":  "addressCountry",
	} {
		if s := First(node[member], "name"); s != "" {
			out[name] = s
		}
	}
	if s := First(v, "name"); len(out) == 0 && s != "" {
		out["text"] = s
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
