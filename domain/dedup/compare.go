package dedup

import (
	"math"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

// Level says how well two values of a key agree. Levels are kept in events by their numbers.
type Level int8

// The levels.
const (
	Missing    Level = iota // one of them is empty
	Different               //
	Near                    // something of it agrees
	Close                   // all but a slip of typing
	Short                   // a first name and a short form of it
	Initial                 // a first name and its first letter
	Generation              // all but that one is called junior, or the like
	Alike                   // the same but for how it is written
	Same                    // written the same
	Common                  // the same, which many share, as a domain of free mail
	Spelled                 // only the part before the @ is the same, and it is the person's name: the name has said that already
	levels     = iota
)

// weights are what a level says for or against two rows being the same, as binary logarithms of how much more often it is met among
// duplicates than among other rows (Fellegi and Sunter, A Theory for Record Linkage, 1969). They were set by the generated truth of
// dedupsample, whose figures the tests hold.
func weights(m Match) [levels]float64 {
	switch m {
	case Email:
		return [levels]float64{Different: -3, Near: 2, Close: 7, Alike: 12, Same: 13, Common: 1, Spelled: -1}
	case Domain:
		return [levels]float64{Different: -3, Near: 1, Close: 3, Alike: 5, Same: 5, Common: 0.5}
	case Phone:
		return [levels]float64{Different: -2.5, Near: 2, Close: 5, Alike: 9, Same: 9.5, Common: 2}
	case Name:
		return [levels]float64{Different: -9, Near: 0, Close: 4.5, Short: 5.5, Initial: 2, Generation: -4, Alike: 7, Same: 7.5}
	case Company:
		return [levels]float64{Different: -4, Near: 1, Close: 3.5, Alike: 5, Same: 5.5}
	case Text:
		return [levels]float64{Different: -4, Near: 0.5, Close: 4, Alike: 6, Same: 6.5}
	default:
		return [levels]float64{Different: -6, Alike: 7, Same: 8}
	}
}

// Bounds of what rows that are picked at random owe before they count as the same.
const (
	mostPrior  = 7
	priorShare = 0.55 // of the most that the keys can say
	priorAlone = 0.38 // of one key: it was chosen to decide alone
)

// priorOf is what two rows owe: the fewer keys are compared, the less can be asked of them.
func priorOf(keys []Key) float64 {
	if len(keys) == 1 {
		return priorAlone * weights(keys[0].Match)[Same]
	}
	most := 0.0
	for _, k := range keys {
		most += weights(k.Match)[Same]
	}
	return min(mostPrior, priorShare*most)
}

// scale is what scores are multiplied by to be whole numbers.
const scale = 1000

// scoreOf is how sure it is that two rows are the same, from 0 to 1, by the levels of their keys.
func scoreOf(keys []Key, prior float64, by []Level) float64 {
	sum := -prior
	for i, k := range keys {
		sum += weights(k.Match)[by[i]]
	}
	return math.Round(scale/(1+math.Exp2(-sum))) / scale
}

// Bounds of likeness (Jaro-Winkler, from 0 to 1) by which values are close.
const (
	closeName    = 0.90
	closeText    = 0.93
	nearText     = 0.85
	mostOverlap  = 0.8
	someOverlap  = 0.5
	shortWord    = 6
	longPhone    = 9
	tailOfPhone  = 8
	nearOfPhone  = 7
	perLetters   = 8 // one slip of typing for so many letters
	leastMailbox = 6
)

func like(a, b string) float64 { return float64(edlib.JaroWinklerSimilarity(a, b)) }

func slips(a, b string) int { return edlib.OSADamerauLevenshteinDistance(a, b) }

// typo reports whether two words differ by a slip of typing; two in a longer one.
func typo(a, b string) bool {
	if max(len(a), len(b)) > shortWord {
		return slipped(a, b, 2) //nolint:mnd // two
	}
	return slipped(a, b, 1)
}

// slipped reports whether two words differ by so many slips of typing at most.
func slipped(a, b string, allowed int) bool {
	short, long := min(len(a), len(b)), max(len(a), len(b))
	return short > 2 && long-short <= allowed && lettersApart(a, b) <= 2*allowed && slips(a, b) <= allowed && like(a, b) >= closeName
}

// lettersApart is how many bytes one of two words has and the other has not. It is cheap, and a slip makes two of them at most.
func lettersApart(a, b string) int {
	const kinds = 64
	var count [kinds]int8
	for i := range len(a) {
		count[a[i]%kinds]++
	}
	for i := range len(b) {
		count[b[i]%kinds]--
	}
	apart := 0
	for _, n := range count {
		apart += max(int(n), -int(n))
	}
	return apart
}

// levelOf compares two forms. often reports whether many rows have a word as a name: two of those are no slip of typing.
func levelOf(m Match, a, b form, often func(string) bool) Level {
	switch {
	case a.written == "" || b.written == "":
		return Missing
	case a.normal == "" && b.normal == "" || m == Exact:
		if a.written == b.written {
			return Same
		}
		return Different
	case a.normal == "" || b.normal == "":
		return Missing // one of them is none of its kind
	case a.normal == b.normal:
		return sameLevel(m, a, b)
	}
	switch m {
	case Email:
		return emailLevel(a.normal, b.normal)
	case Domain:
		return domainLevel(a.normal, b.normal)
	case Phone:
		return phoneLevel(a.normal, b.normal)
	case Name:
		return nameLevel(a.normal, b.normal, often)
	case Company:
		return companyLevel(a.normal, b.normal)
	default:
		return textLevel(a.normal, b.normal)
	}
}

// sameLevel is that of two values whose normal forms are the same.
func sameLevel(m Match, a, b form) Level {
	local, _, _ := strings.Cut(a.normal, sep)
	switch {
	case m == Domain && freeMail[a.normal], m == Email && roles[local]:
		return Common
	case a.written == b.written:
		return Same
	default:
		return Alike
	}
}

func emailLevel(a, b string) Level {
	la, da, _ := strings.Cut(a, sep)
	lb, db, _ := strings.Cut(b, sep)
	sameBox := la == lb || mailbox(la) == mailbox(lb)
	switch {
	case roles[la] || roles[lb]:
		return Different
	case da == db && sameBox, la == lb && typo(da, db):
		return Close
	case digitsOf(la) != digitsOf(lb):
		return Different // numbers tell people apart who have the same name
	case da == db && len(la) >= leastMailbox && la[0] == lb[0] && slipped(la, lb, 1): // another first letter is another first name
		return Close
	case sameBox && len(la) >= leastMailbox:
		return Near
	default:
		return Different
	}
}

// mailbox is a local part without the signs between its words.
func mailbox(local string) string {
	if !strings.ContainsAny(local, "._-") {
		return local
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '-' {
			return -1
		}
		return r
	}, local)
}

func digitsOf(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func domainLevel(a, b string) Level {
	switch {
	case strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a):
		return Close
	case len(a) > perLetters && len(b) > perLetters && lettersApart(a, b) <= 2 && slips(a, b) <= 1:
		return Near
	default:
		return Different
	}
}

func phoneLevel(a, b string) Level {
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	switch {
	case len(short) >= tailOfPhone && strings.HasSuffix(long, short):
		return Alike // one of them has the code of its country
	case len(short) >= longPhone && lettersApart(a, b) <= 2 && slips(a, b) <= 1:
		return Near
	case len(short) >= nearOfPhone && strings.HasSuffix(long, short[len(short)-nearOfPhone:]):
		return Near
	default:
		return Different
	}
}

// nameLevel compares first names, last names and generations apart from each other.
func nameLevel(a, b string, often func(string) bool) Level {
	fa, la, ga := nameParts(a)
	fb, lb, gb := nameParts(b)
	if fa == lb && la == fb && fa != "" {
		fb, lb = fa, la // one of them was written the other way round
	}
	first, last := wordLevel(longForm(fa), longForm(fb), often), wordLevel(la, lb, often)
	if first == Alike && fa != fb {
		first = Short
	}
	switch {
	case fa == "" || fb == "":
		if last == Alike {
			return Near
		}
		return Different
	case len(fa) == 1 && strings.HasPrefix(fb, fa), len(fb) == 1 && strings.HasPrefix(fa, fb):
		first = Initial
	}
	switch {
	case last == Different || first == Different:
		return Different
	case ga != gb && ga != "" && gb != "":
		return Different
	case ga != gb:
		return Generation
	case last == Alike:
		return first // alike, but perhaps for what is between first and last
	case first == Alike || first == Short:
		return Close
	default:
		return Near
	}
}

// wordLevel compares two names.
func wordLevel(a, b string, often func(string) bool) Level {
	switch {
	case a == b:
		return Alike
	case typo(a, b) && (!often(a) || !often(b)):
		return Close
	default:
		return Different
	}
}

func companyLevel(a, b string) Level {
	if head(a, 1) != head(b, 1) && overlap(a, b) <= someOverlap {
		return Different
	}
	ja, jb := strings.ReplaceAll(a, " ", ""), strings.ReplaceAll(b, " ", "")
	longest := max(len(ja), len(jb))
	switch {
	case ja == jb:
		return Alike
	case longest > shortWord && slipped(ja, jb, max(1, longest/perLetters)) && like(ja, jb) >= closeText && digitsOf(ja) == digitsOf(jb):
		return Close
	case overlap(a, b) > someOverlap:
		return Near
	default:
		return Different
	}
}

func textLevel(a, b string) Level {
	shared := overlap(a, b)
	switch {
	case digitsOf(a) != digitsOf(b) && shared < mostOverlap:
		return Different // as numbers of houses or of articles
	case digitsOf(a) == digitsOf(b) && (shared >= mostOverlap || like(a, b) >= closeText):
		return Close
	case shared > someOverlap || like(a, b) >= nearText:
		return Near
	default:
		return Different
	}
}

// overlap is the share of words that two texts have in common.
func overlap(a, b string) float64 {
	wa, wb := strings.Fields(a), strings.Fields(b)
	common := 0
	for _, w := range wb {
		if i := slices.Index(wa, w); i >= 0 {
			wa[i] = ""
			common++
		}
	}
	return float64(common) / float64(max(1, len(wa)+len(wb)-common))
}
