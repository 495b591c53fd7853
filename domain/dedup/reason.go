package dedup

import "strings"

// Slug names the level in the API.
func (l Level) Slug() string {
	if l < 0 || l >= levels {
		return ""
	}
	return [levels]string{
		"missing", "different", "near", "close", "short_name", "initial", "generation", "alike", "same", "common", "spelled",
	}[l]
}

// Reason says in words what a level of a key means, without the key's name.
func Reason(m Match, l Level) string {
	switch l {
	case Missing:
		return "empty in one of them"
	case Same:
		return "the same"
	case Alike:
		return alikeReason(m)
	case Common:
		if m == Phone {
			return "the same, but many rows have this number"
		}
		return "the same, but many people share it"
	case Spelled:
		return "the person's name before the @, at another domain"
	case Short:
		return "one has a short form of the first name"
	case Initial:
		return "one has only the first letter of the first name"
	case Generation:
		return "the same, but one is a junior, senior or the like"
	case Close:
		return closeReason(m)
	case Near:
		return nearReason(m)
	default:
		return "different"
	}
}

func alikeReason(m Match) string {
	switch m {
	case Email:
		return "the same mailbox"
	case Phone:
		return "the same number, written otherwise"
	case Name:
		return "the same name, written otherwise"
	case Company:
		return "the same but for the legal form or how it is written"
	default:
		return "the same but for how it is written"
	}
}

func closeReason(m Match) string {
	switch m {
	case Domain:
		return "one is a part of the other's site"
	case Text:
		return "almost the same words"
	default:
		return "the same but for a slip of typing"
	}
}

func nearReason(m Match) string {
	switch m {
	case Email:
		return "the same name before the @, at another domain"
	case Phone:
		return "one digit or the code in front is different"
	case Name:
		return "similar names"
	case Company, Text:
		return "some words are the same"
	default:
		return "similar"
	}
}

// Speaks reports whether the level is for the two being the same.
func (l Level) Speaks() bool { return l >= Near && l != Generation && l != Spelled }

// PackLevels writes levels in short, as events keep them.
func PackLevels(by []Level) string {
	var b strings.Builder
	for _, l := range by {
		b.WriteByte('0' + byte(l))
	}
	return b.String()
}

// Levels reads what PackLevels wrote.
func Levels(packed string) []Level {
	out := make([]Level, len(packed))
	for i := range len(packed) {
		if l := Level(packed[i] - '0'); l < levels {
			out[i] = l
		}
	}
	return out
}
