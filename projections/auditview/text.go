package auditview

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// action is an event type without its version.
func action(typ string) string {
	if i := strings.LastIndex(typ, ".v"); i > 0 {
		return typ[:i]
	}
	return typ
}

var placeholder = regexp.MustCompile(`\{[a-z0-9_.]+\}`)

// members reads an event's data, and masks the addresses in what is shown of it.
func members(rule Rule, raw json.RawMessage) (data map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, err
	}
	shown := slices.Concat(rule.After, rule.Before, []string{rule.Name, rule.Part.Name, rule.Parts})
	for _, p := range placeholder.FindAllString(rule.Says, -1) {
		shown = append(shown, strings.Trim(p, "{}"))
	}
	for _, name := range shown {
		first, _, _ := strings.Cut(name, ".")
		if value, there := data[first]; there {
			if data[first], err = kernel.MaskJSON(value); err != nil {
				return nil, err
			}
		}
	}
	return data, nil
}

const maxWord = 200

// fill puts members of the data into the sentence; {it}, {person} and {n} are filled when it is read. Braces in a value become
// parentheses, so that nobody's name can be taken for a placeholder.
func fill(says string, data map[string]json.RawMessage) string {
	return placeholder.ReplaceAllStringFunc(says, func(p string) string {
		switch name := strings.Trim(p, "{}"); name {
		case "it", "person", "n", "part":
			return p
		default:
			return word(member(data, name))
		}
	})
}

// Unnamed says what was done to a thing that has no name, or none that may be told: "deleted a search" for "deleted the search {it}".
func Unnamed(says, kind string) string { return without(says, "{it}", kind) }

func without(says, placeholder, kind string) string {
	noun := map[string]string{"api_key": "API key"}[kind]
	if noun == "" {
		noun = strings.ReplaceAll(kind, "_", " ")
	}
	one := "a " + noun
	if strings.ContainsRune("aeiouAEIO", rune(noun[0])) {
		one = "an " + noun
	}
	says = strings.ReplaceAll(says, "the "+noun+" "+placeholder, one)
	if kind == "import" {
		one = "a file"
	}
	return strings.ReplaceAll(says, placeholder, one)
}

// word is a name as it stands in a sentence.
func word(name string) string {
	name = strings.NewReplacer("{", "(", "}", ")").Replace(name)
	if len(name) > maxWord {
		name = strings.ToValidUTF8(name[:maxWord], "") + "…"
	}
	return name
}

// at finds a member, nested ones after a dot; nil if it is not there.
func at(data map[string]json.RawMessage, name string) json.RawMessage {
	first, rest, nested := strings.Cut(name, ".")
	value, ok := data[first]
	if !ok || !nested {
		return value
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(value, &inner) != nil {
		return nil
	}
	return at(inner, rest)
}

// member is a member as text.
func member(data map[string]json.RawMessage, name string) string {
	value := at(data, name)
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

const maxShown = 4 << 10

// pick makes an object of the members that are there, by their last names; nil when there are none or they are too large.
func pick(data map[string]json.RawMessage, names []string) json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, name := range names {
		if value := at(data, name); len(value) > 0 && string(value) != "null" {
			out[name[strings.LastIndexByte(name, '.')+1:]] = value
		}
	}
	if len(out) == 0 {
		return nil
	}
	b, err := json.Marshal(out)
	if err != nil || len(b) > maxShown {
		return nil
	}
	return b
}
