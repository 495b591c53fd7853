package comment

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a comment's text.
const (
	MaxText     = 2000 // characters
	MaxMentions = 20   // people
)

// mention is how a text names a person: by id, so that it holds no name. A name is filled in when it is shown, and that of a person who
// was deleted is shown nowhere.
var mention = regexp.MustCompile(`<@(usr_[0-9A-HJKMNP-TV-Z]{26})>`)

// Read checks a text and returns it without blanks around it, with the people that it mentions, each once, in order.
func Read(text string) (string, []kernel.UserID, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxText {
		return "", nil, kernel.Invalid("text", "must have 1 to %d characters; this one has %d", MaxText, n)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return "", nil, kernel.Invalid("text", "must have no control characters other than line ends and tabs")
	}
	people := Mentions(text)
	if len(people) > MaxMentions {
		return "", nil, kernel.Invalid("text", "mentions %d people; at most %d are possible", len(people), MaxMentions)
	}
	return text, people, nil
}

// Mentions returns the people that a text mentions, each once, in order.
func Mentions(text string) []kernel.UserID {
	var people []kernel.UserID
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		if id := kernel.UserID(m[1]); !slices.Contains(people, id) {
			people = append(people, id)
		}
	}
	return people
}
