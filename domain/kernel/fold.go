package kernel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold brings texts that a person takes for the same to one form. Two texts are equal, one holds the other, and they are in order, if
// their folded forms are: in the grid's order, filters and search, in the search over all tables and in its suggestions. Order is by
// the folded form's code points.
//
//   - Forms of compatibility are one (NFKC, UAX #15): full width, ligatures, superscripts, the no-break space.
//   - Upper and lower case are one, also the Greek final sigma and the Turkish İ and ı; ß is ss, æ is ae, ø is o, and so on.
//   - Accents don't count on Latin and Greek letters, nor stress and the diaeresis of ё on Cyrillic ones. The marks of other scripts
//     make other letters, as those of й, of が and of Indic vowels do.
//   - Signs without a shape don't count: soft hyphens, zero-width spaces, marks of direction, variants of emoji.
//
// Spaces count. What folds to nothing stays as it is.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	base := rune(-1)
	for _, r := range norm.NFKD.String(s) {
		switch {
		case Shapeless(r):
			continue
		case isAccent(r):
			if !counts(base, r) {
				continue
			}
			b.WriteRune(r)
			continue
		}
		r = unicode.ToLower(r)
		base = r
		if long, ok := writtenOut(r); ok {
			b.WriteString(long)
			continue
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return s
	}
	return norm.NFC.String(b.String())
}

// NameKey is the same for the names of columns that differ in the case of letters only, as strings.EqualFold finds it. Names are told
// apart more finely than values: côte and coté may stand side by side.
func NameKey(name string) string {
	if isASCII(name) {
		return strings.ToLower(name)
	}
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if least >= 'A' && least <= 'Z' {
			least += 'a' - 'A'
		}
		return least
	}, name)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Shapeless reports a sign that is not seen and parts no word. The joiners are none of them: they make other emoji, and other words in
// Persian.
func Shapeless(r rune) bool {
	switch {
	case r == 0x00ad, r == 0x200b, r == 0x2060, r == 0xfeff: // soft hyphen, zero-width space, word joiner, byte order mark
		return true
	case r == 0x200e, r == 0x200f, r == 0x061c, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // direction
		return true
	}
	return r >= 0xfe00 && r <= 0xfe0f // variants
}

// isAccent reports a mark of the blocks that are of no script of their own.
func isAccent(r rune) bool {
	return r >= 0x0300 && r <= 0x036f || r >= 0x1ab0 && r <= 0x1aff || r >= 0x1dc0 && r <= 0x1dff || r >= 0xfe20 && r <= 0xfe2f
}

// counts reports whether an accent makes another letter of the folded letter before it. One with nothing before it counts.
func counts(base, accent rune) bool {
	switch {
	case base < 0:
		return true
	case !unicode.Is(unicode.Cyrillic, base):
		return false
	}
	switch accent {
	case 0x0300, 0x0301: // stress, but not ѓ and ќ
		return base == 'г' || base == 'к'
	case 0x0308: // ё is written е, but ї is not і
		return base != 'е'
	default:
		return true
	}
}

// writtenOut returns what stands for a lower-case letter that no decomposition brings to its plain form.
func writtenOut(r rune) (string, bool) {
	switch r {
	case 'ß':
		return "ss", true
	case 'æ':
		return "ae", true
	case 'œ':
		return "oe", true
	case 'þ':
		return "th", true
	case 'ø':
		return "o", true
	case 'đ', 'ð':
		return "d", true
	case 'ł':
		return "l", true
	case 'ı':
		return "i", true
	case 'ħ':
		return "h", true
	case 'ŧ':
		return "t", true
	case 'ŋ':
		return "n", true
	case 'ς':
		return "σ", true
	default:
		return "", false
	}
}
