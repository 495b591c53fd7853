package searchview

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/morket/morket/domain/kernel"
)

// Word is a word of a text: folded, and where it stands.
type Word struct {
	Text       string
	Start, End int // bytes of the text
}

// maxWordRunes is how much of a word counts: what two words have beyond it doesn't tell them apart.
const maxWordRunes = 64

// Words splits a text at everything that is neither a letter, a mark nor a digit once it is decomposed (NFKD), and folds the words:
// the 2 of m² and the No of № are parts of words, the brackets of ㈱ are not, and a soft hyphen parts none.
func Words(s string) []Word {
	var out []Word
	var word []byte
	start, end := 0, 0
	flush := func() {
		if text := cut(Fold(string(word)), maxWordRunes); text != "" {
			out = append(out, Word{text, start, end})
		}
		word = word[:0]
	}
	for i, r := range s {
		if kernel.Shapeless(r) {
			continue
		}
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		parts := s[i : i+size]
		if r >= utf8.RuneSelf {
			if longer := norm.NFKD.PropertiesString(parts).Decomposition(); longer != nil {
				parts = string(longer)
			}
		}
		for _, part := range parts {
			if !inWord(part) {
				flush()
				continue
			}
			if len(word) == 0 {
				start = i
			}
			word = utf8.AppendRune(word, part)
			end = i + size
		}
	}
	flush()
	return out
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// FoldedWords are the words of a text without their places.
func FoldedWords(s string) []string {
	words := Words(s)
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}

// Fold makes texts that differ in case or accents only the same, as everywhere (see kernel.Fold).
func Fold(s string) string { return kernel.Fold(s) }

// cut returns the first n characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Within reports whether one word becomes the other by at most max insertions, deletions, replacements or swaps of neighbours
// (optimal string alignment).
func Within(a, b string, most int) bool {
	if a == b {
		return true
	}
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); most <= 0 || d > most || -d > most {
		return false
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return false
		}
		before, last, row = last, row, before
	}
	return last[len(y)] <= most
}
