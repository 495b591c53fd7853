package table

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
)

// wordsJSON are the words of many languages that stand for months, days of the week, yes and no, and the signs of
// currencies. The interface has a copy (ui/src/grid/typed/words.json), which a test holds equal.
//
//go:embed words.json
var wordsJSON []byte

// words are the words by their meaning, all in lower case but for the currencies' codes.
type words struct {
	months, weekdays map[string]int // 1 to 12; Monday is 1
	booleans         map[string]bool
	languages        map[string]uint64 // of a word for yes or no, one bit each; the marks 1, 0, x and ✓ have all
	days             map[string]int    // today is 0, tomorrow 1, yesterday -1
	zones            map[string]string // offsets like +01:00
	currencies       map[string][]string
}

var theWords = sync.OnceValue(loadWords) //nolint:gochecknoglobals // constants, read once

func loadWords() words {
	var raw struct {
		Months, Weekdays, Booleans []string
		Today, Tomorrow, Yesterday string
		Zones                      map[string]string
		Signs                      map[string]string `json:"currency_signs"`
		Codes                      string            `json:"currency_codes"`
	}
	if err := json.Unmarshal(wordsJSON, &raw); err != nil {
		panic("domain/table/words.json: " + err.Error())
	}
	w := words{
		months: numbered(raw.Months), weekdays: numbered(raw.Weekdays), booleans: map[string]bool{}, languages: map[string]uint64{},
		days: map[string]int{}, zones: raw.Zones, currencies: map[string][]string{},
	}
	for i, list := range raw.Booleans {
		bits := uint64(1) << i
		if i == 0 {
			bits = ^uint64(0)
		}
		for _, pair := range strings.Fields(list) {
			yes, no, _ := strings.Cut(pair, "/")
			w.yesNo(yes, true, bits)
			w.yesNo(no, false, bits)
		}
	}
	for n, list := range map[int]string{0: raw.Today, 1: raw.Tomorrow, -1: raw.Yesterday} {
		for _, word := range strings.Fields(list) {
			w.days[word] = n
		}
	}
	for _, code := range strings.Fields(raw.Codes) {
		w.currencies[strings.ToLower(code)] = []string{code}
	}
	for sign, codes := range raw.Signs {
		w.currencies[strings.ToLower(sign)] = strings.Fields(codes)
	}
	return w
}

func numbered(lists []string) map[string]int {
	out := map[string]int{}
	for i, list := range lists {
		for _, word := range strings.Fields(list) {
			out[word] = i + 1
		}
	}
	return out
}

func (w words) yesNo(word string, yes bool, languages uint64) {
	if word != "" {
		w.booleans[word] = yes
		w.languages[word] |= languages
	}
}
