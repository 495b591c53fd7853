package enrichment

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MailPattern is how the addresses of a domain are made of names: {first}, {last}, {f} and {l} stand for them and their first letters.
type MailPattern string

// MailGuess is a pattern with the share of companies that use it.
type MailGuess struct {
	Pattern MailPattern
	Share   float64
}

// MailPatterns are the patterns that are known, the most frequent first. The shares are round figures for companies of all sizes: small
// ones use first names more often.
func MailPatterns() []MailGuess {
	return []MailGuess{
		{"{first}.{last}", 0.44},
		{"{f}{last}", 0.18},
		{"{first}", 0.14},
		{"{first}{last}", 0.06},
		{"{f}.{last}", 0.05},
		{"{last}", 0.03},
		{"{first}_{last}", 0.02},
		{"{last}.{first}", 0.02},
		{"{first}{l}", 0.02},
		{"{last}{f}", 0.015},
		{"{first}-{last}", 0.01},
		{"{first}.{l}", 0.01},
		{"{f}_{last}", 0.005},
		{"{last}{first}", 0.005},
		{"{f}{l}", 0.005},
	}
}

// Fill makes the part before the @ for a person; false if the name lacks what the pattern needs.
func (p MailPattern) Fill(first, last string) (string, bool) {
	first, last = mailName(first), mailName(last)
	text := string(p)
	if first == "" && strings.Contains(text, "{f") || last == "" && strings.Contains(text, "{l") {
		return "", false
	}
	initial := func(s string) string { return s[:min(len(s), 1)] }
	return strings.NewReplacer("{first}", first, "{last}", last, "{f}", initial(first), "{l}", initial(last)).Replace(text), true
}

// mailName is a name as addresses have it, in one word: van der Berg is vanderberg.
func mailName(s string) string {
	var b strings.Builder
	for w := range strings.FieldsSeq(s) {
		b.WriteString(Latin(w))
	}
	return b.String()
}

// minName is how many letters both names need for a pattern to be told by an address: shorter ones fit several.
const minName = 3

// PatternOf tells the pattern by which an address is made of a name, and the address's domain; false if it is by none, or by several.
func PatternOf(first, last, address string) (p MailPattern, domain string, ok bool) {
	local, domain, found := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	if !found || domain == "" || strings.ContainsAny(domain, "@ ") || len(domain) > 253 || len(mailName(first)) < minName ||
		len(mailName(last)) < minName {
		return "", "", false
	}
	for _, g := range MailPatterns() {
		if made, can := g.Pattern.Fill(first, last); can && made == local {
			if ok {
				return "", "", false
			}
			p, ok = g.Pattern, true
		}
	}
	return p, domain, ok
}

// PatternsSeen is the input by which the engine tells a Learning caller what the workspace has seen at a domain; see FormatPatterns.
const PatternsSeen = "patterns_seen"

// Learning is a Caller that uses the patterns of a domain's addresses that the workspace has seen in verified answers.
type Learning interface {
	// LearnsFrom names the domain that the inputs are about, in lower case; empty for none.
	LearnsFrom(inputs map[string]string) string
}

// FormatPatterns writes how often patterns were seen, as "{first}.{last}=3 {f}{last}=1", the most frequent first.
func FormatPatterns(seen map[MailPattern]int64) string {
	keys := slices.SortedFunc(maps.Keys(seen), func(a, b MailPattern) int {
		if seen[a] != seen[b] {
			return int(seen[b] - seen[a])
		}
		return strings.Compare(string(a), string(b))
	})
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = string(k) + "=" + strconv.FormatInt(seen[k], 10)
	}
	return strings.Join(parts, " ")
}

// ParsePatterns reads what FormatPatterns writes; what is none of the known patterns is left out.
func ParsePatterns(s string) map[MailPattern]int64 {
	out := map[MailPattern]int64{}
	for part := range strings.FieldsSeq(s) {
		name, count, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(count, 10, 64)
		known := slices.ContainsFunc(MailPatterns(), func(g MailGuess) bool { return g.Pattern == MailPattern(name) })
		if err == nil && n > 0 && known {
			out[MailPattern(name)] = n
		}
	}
	return out
}
