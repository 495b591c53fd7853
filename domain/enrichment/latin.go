package enrichment

import (
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Latin is a word as domains and addresses have it: small letters a to z and digits. Accents don't count, & is and, and Greek and
// Cyrillic are written after ISO 843 and BGN/PCGN without marks. Of other scripts nothing is left.
func Latin(word string) string {
	if word == "&" {
		return "and"
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, kernel.Fold(scripts.Replace(strings.ToLower(word))))
}

// scripts write letters of Greek and Cyrillic letter by letter.
var scripts = strings.NewReplacer( //nolint:gochecknoglobals // a constant table
	"α", "a", "β", "v", "γ", "g", "δ", "d", "ε", "e", "ζ", "z", "η", "i", "θ", "th", "ι", "i", "κ", "k", "λ", "l", "μ", "m", "ν", "n", "ξ",
	"x", "ο", "o", "π", "p",
	"ρ", "r", "σ", "s", "ς", "s", "τ", "t", "υ", "y", "φ", "f", "χ", "ch", "ψ", "ps", "ω", "o", "ά", "a", "έ", "e", "ή", "i", "ί", "i", "ό",
	"o", "ύ", "y", "ώ", "o", "ϊ", "i", "ϋ", "y",
	"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ё", "e", "ж", "zh", "з", "z", "и", "i", "й", "y", "к", "k", "л", "l", "м",
	"m", "н", "n", "о", "o",
	"п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "shch", "ъ", "", "ы", "y",
	"ь", "", "э", "e", "ю", "yu", "я", "ya",
	"і", "i", "ї", "i", "є", "ie", "ґ", "g", "ј", "j", "љ", "lj", "њ", "nj", "ћ", "c", "ђ", "dj", "џ", "dz",
	"ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i",
)
