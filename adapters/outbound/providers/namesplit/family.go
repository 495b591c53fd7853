package namesplit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// familyOf brings the words into the order of given and family names and says where the family name begins. A family name may be written
// in capitals at either end (MACRON Emmanuel), begin with a particle in small letters (van Gogh), or follow a title alone (Dr. House).
func familyOf(words []string, title string, shout bool) (ordered []string, last int) {
	if !shout {
		if n := capitals(words); n > 0 && n < len(words) && capitals(words[n:]) == 0 {
			return append(append([]string{}, words[n:]...), words[:n]...), len(words) - n
		}
		for i := 1; i < len(words); i++ {
			if capitals(words[i:]) == len(words)-i {
				return words, i
			}
		}
	}
	switch {
	case len(words) == 1 && ofFamily(title) && !strings.ContainsFunc(words[0], eastAsian):
		return words, 0
	case len(words) > 1 && particle(words[0]) && words[0] == strings.ToLower(words[0]) &&
		strings.ContainsFunc(words[len(words)-1], unicode.IsUpper):
		return words, 0
	}
	for i := 1; i < len(words)-1; i++ {
		if particle(words[i]) {
			return words, i
		}
	}
	return words, max(1, len(words)-1)
}

func eastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// capitals counts the words at the beginning that are a family name in capitals. Up to three letters may be initials, so they count only
// as its particles.
func capitals(words []string) (n int) {
	long := false
	for _, w := range words {
		if w != strings.ToUpper(w) || w == strings.ToLower(w) || strings.Contains(w, ".") {
			break
		}
		name := utf8.RuneCountInString(w) > 3
		if !name && !particle(w) {
			break
		}
		long = long || name
		n++
	}
	if !long {
		return 0
	}
	return n
}

// ofFamily reports whether one of the titles is used with a family name alone; Sir, Lady and Don go with given names.
func ofFamily(title string) bool {
	for _, w := range strings.Fields(title) {
		switch plain(w) {
		case "dr", "drs", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "monsieur", "mme", "mlle", "señor", "señora",
			"sr", "sra", "signor", "signora", "sig", "dott", "dottssa",
			"avv", "capt", "col", "gen", "maj", "lt", "sgt", "pani", "pan", "ing", "dipl-ing":
			return true
		}
	}
	return false
}

// isJob reports whether the words say what somebody does.
func isJob(words []string) bool {
	for _, w := range words {
		switch plain(w) {
		case "ceo", "cto", "cfo", "coo", "cmo", "cio", "cpo", "cro", "ciso", "chro", "vp", "svp", "evp", "avp", "president", "director",
			"manager", "head", "chief", "officer", "founder", "co-founder", "cofounder",
			"owner", "partner", "chairman", "chairwoman", "chairperson", "engineer", "consultant", "analyst", "geschäftsführer",
			"geschäftsführerin", "inhaber", "inhaberin", "vorstand", "prokurist", "prokuristin",
			"leiter", "leiterin", "directeur", "directrice", "gérant", "gérante", "pdg", "directora", "gerente", "direttore", "direttrice":
			return true
		}
	}
	return false
}
