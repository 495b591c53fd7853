package namesplit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

func cutParticles(words []string) (rest, particles []string) {
	end := len(words)
	for end > 1 && particle(words[end-1]) {
		end--
	}
	return words[:end], append([]string{}, words[end:]...)
}

// plain writes a title or degree without dots, in small letters.
func plain(w string) string {
	return strings.ToLower(strings.ReplaceAll(strings.Trim(w, ",;"), ".", ""))
}

func isTitle(w string) bool {
	switch plain(w) {
	case "dr", "drs", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "lady", "rev", "fr", "hon", "ing", "dipl-ing",
		"dipl-kfm", "dipl-inf", "dipl-phys", "mag", "herr", "frau", "monsieur", "madame",
		"mme", "mlle", "don", "doña", "señor", "señora", "sr", "sra", "signor", "signora", "sig", "dott", "dottssa", "avv", "capt", "col",
		"gen", "maj", "lt", "sgt", "pani", "pan", "h", "shri", "smt", "haji", "univ-prof", "pd":
		return true
	default:
		return false
	}
}

// field reports whether the word says what a doctor is of: Dr. med., Dr. rer. nat., Dr. h. c.
func field(w string) bool {
	switch plain(w) {
	case "med", "rer", "nat", "phil", "jur", "iur", "ing", "habil", "hc", "mult", "dent", "vet", "theol", "oec", "pol", "soc", "techn",
		"mont", "agr", "sc", "hum", "publ", "cult", "paed", "h", "c", "dr":
		return strings.Contains(w, ".") || plain(w) == w
	default:
		return false
	}
}

// cutTitles takes titles off the beginning. A single letter is an initial.
func cutTitles(words []string) (rest []string, title string) {
	var titles []string
	for len(words) > 1 {
		w := words[0]
		initial := utf8.RuneCountInString(plain(w)) < 2 && len(titles) == 0
		follows := len(titles) > 0 && strings.HasSuffix(w, ".") && field(w)
		if initial || !isTitle(w) && !follows {
			break
		}
		if w == strings.ToUpper(w) && utf8.RuneCountInString(plain(w)) > 1 {
			w = w[:1] + strings.ToLower(w[1:])
		}
		titles, words = append(titles, w), words[1:]
	}
	return words, strings.Join(titles, " ")
}

// oneTitle leaves a title out that stands at both ends.
func oneTitle(title string) string {
	var out []string
	for _, w := range strings.Fields(title) {
		if len(out) == 0 || plain(out[0]) != plain(w) || len(out) > 1 {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// isSuffix knows what follows a name. Without a comma before it, one that is also a last name counts only in its own form: MA or M.A. is
// a degree, Ma a name.
func isSuffix(w string, comma bool) bool {
	switch plain(w) {
	case "jr", "sr", "jnr", "snr", "ii", "iii", "iv", "2nd", "3rd", "4th", "phd", "dphil", "mba", "emba", "esq", "cpa", "cfa", "msc", "bsc",
		"beng", "meng", "llm", "llb", "mphil", "edd", "pharmd", "dds", "dvm", "psyd", "pmp", "shrm-cp",
		"fca", "acca", "obe", "mbe", "cbe", "frcs", "mdb", "mdl", "rn", "cissp", "bcom", "mcom", "mps", "mpa", "mph", "dmd",
		"faia", "aia", "pe", "pmi", "dipl-ing", "ret":
		return true
	case "ma", "ba", "md", "jd", "do", "bs", "ms", "mfa", "bfa", "v", "vi", "ca", "cma", "med", "ra", "dr", "prof":
		return comma || strings.Contains(w, ".") || w == strings.ToUpper(w) && utf8.RuneCountInString(w) > 1
	default:
		return false
	}
}

// cutSuffixes takes suffixes off the end, and titles, which some write there.
func cutSuffixes(words []string, shout bool) (rest []string, suffix, title string) {
	for len(words) > 1 {
		w := words[len(words)-1]
		switch {
		case len(words) > 2 && (plain(w) == "dr" || plain(w) == "prof"):
			title = join(w, title)
		case isSuffix(w, false) && (!shout || isSuffix(strings.ToLower(w), false)):
			suffix = join(w, suffix)
		default:
			return words, suffix, title
		}
		words = words[:len(words)-1]
	}
	return words, suffix, title
}

// casing is how the words of one name are written.
type casing struct {
	turkish  bool // i and ı, İ and I are two letters
	shout    bool // the whole name is in capitals
	particle bool
}

func (c casing) lower(s string) string {
	if c.turkish {
		return strings.ToLowerSpecial(unicode.TurkishCase, s)
	}
	return cases.Lower(language.Und).String(s) // a sigma at the end of a word is its own letter
}

// proper writes a word that is all upper or all lower case as a name; one in mixed case (McDonald, DiCaprio) is left as its bearer writes
// it, as are initials.
func (c casing) proper(w string) string {
	upper, lower := strings.ToUpper(w), c.lower(w)
	if c.turkish {
		upper = strings.ToUpperSpecial(unicode.TurkishCase, w)
	}
	if w != upper && w != lower {
		return w
	}
	if c.particle && particle(w) {
		return lower
	}
	if w == upper && isInitials(w, c.shout) {
		return w
	}
	var b strings.Builder
	start := true
	for _, r := range lower {
		if start {
			r = c.title(r)
		}
		b.WriteRune(r)
		start = r == '-' || r == '\'' || r == '’' || r == '.'
	}
	out := b.String()
	if strings.HasPrefix(out, "Mc") && utf8.RuneCountInString(out) > 3 {
		r, n := utf8.DecodeRuneInString(out[2:])
		out = "Mc" + string(unicode.ToTitle(r)) + out[2+n:]
	}
	if strings.HasPrefix(out, "Ij") { // the Dutch letter
		out = "IJ" + out[2:]
	}
	return out
}

func (c casing) title(r rune) rune {
	if c.turkish {
		return unicode.TurkishCase.ToTitle(r)
	}
	return unicode.ToTitle(r)
}

// isInitials reports whether capitals stand for names: JRR beside Tolkien; of a name in capitals only those that can't be spoken.
func isInitials(w string, shout bool) bool {
	n := utf8.RuneCountInString(w)
	if n <= 1 {
		return true
	}
	if strings.Contains(w, ".") || n > 3 {
		return strings.Contains(w, ".") && n <= 2*strings.Count(w, ".")
	}
	return !shout || !strings.ContainsAny(w, "AEIOUYÄÖÜÀÁÈÉÌÍÒÓÙÚ")
}
