package csvfile

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/saintfish/chardet"
	"golang.org/x/text/encoding/korean"

	"github.com/morket/morket/domain/dataops"
)

// A guess is made from the lines that are not UTF-8. The library's statistics need more text than a list of names has, so what each
// encoding would make of the lines is also judged as text: letters of one script in a word, capitals at its beginning, accents
// that one language has, no signs inside words. Each oddity costs; the cheapest encoding is taken, and it is sure when the next one
// that reads anything else costs clearly more.
const (
	sureMargin    = 1.0 // in odd characters
	libraryWeight = 0.8 // of a confidence of 100
	maxGuesses    = 6
	guessSample   = 64 << 10
)

// rare marks a language that few files are in.
const rare = "*"

// candidate is an encoding that may be guessed, with what it costs to take it rather than a more usual one.
type candidate struct {
	encoding  dataops.Encoding
	prior     float64
	languages []string
}

//nolint:gochecknoglobals // constant tables
var (
	western = []string{
		"éèêëàâùûüîïôœçæÿ", "äöüß", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìòùî", "åäöæøé", "éëïóöüè", "àèéíïòóúüç", rare + "áéíóúýþæöð",
	}
	central = []string{
		"ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "äöüß",
	}
	turkish = []string{"çğıiöşüâîû"}
	baltic  = []string{"ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"}

	// Letters by how often they come.
	cyrillic = "оеаинтсрвлкмдпуяызьбгчйхжшюцщэфъёіїєґўјљњћђџѕ"
	greek    = "αοιετσνηυρπκμλόωςίάδέγχθήφύβώξζψϊϋΐΰ"
	vowels   = "aeiouyáéíóúýàèìòùâêîôûäëïöüÿãõåæøœąęěůőűăıāēīūėįų"
	hebrew   = "יוהלאתרמבשנעדםחקפגסטכןזצךףץ"

	candidates = []candidate{
		{"windows-1252", 0, western},
		{"windows-1250", 0.6, central},
		{"windows-1251", 0.2, nil},
		{"windows-1254", 0.8, turkish},
		{"windows-1257", 1, baltic},
		{"iso-8859-15", 0.9, western},
		{"iso-8859-2", 0.9, central},
		{"macintosh", 1.3, western},
		{"ibm850", 1.2, western},
		{"ibm852", 1.4, central},
		{"koi8-r", 0.5, nil},
		{"koi8-u", 0.7, nil},
		{"ibm866", 0.8, nil},
		{"iso-8859-5", 1, nil},
		{"x-mac-cyrillic", 1.1, nil},
		{"windows-1253", 0.2, nil},
		{"windows-1255", 0.2, nil},
		{"windows-1256", 0.2, nil},
		{"windows-874", 0.6, nil},
		{"shift_jis", 0, nil},
		{"euc-jp", 0.2, nil},
		{"gb18030", 0, nil},
		{"big5", 0, nil},
		{"euc-kr", 0, nil},
	}

	// The library's names of what is ours by another.
	libraryNames = map[string]dataops.Encoding{
		"iso-8859-1": "windows-1252", "iso-8859-2": "windows-1250", "iso-8859-7": "windows-1253", "iso-8859-8": "windows-1255",
		"iso-8859-8-i": "windows-1255", "iso-8859-9": "windows-1254", "gb-18030": "gb18030",
	}

	// Frequent characters of names, places and companies; most text has many of them, and a wrong reading has few.
	hanzi = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从司有限技术科北京海深圳" +
		"广州市省区路号集团股份张王李赵刘陈杨黄周吴东西南金网电子信息商贸业务部经理姓名电话地址邮箱城市企客户产品价格日期备注男女" +
		"這為來個們說國時會後對着過發於無經當與學進種將還見從開長問題電腦臺灣台北高雄新竹縣鄉鎮區號樓陳黃張劉楊吳趙葉鄭謝許蔡業務經聯絡話傳統編" +
		"日本東京大阪名古屋横浜株式会社田中山本佐藤鈴木高橋伊渡辺小林加吉松井村氏住所番号県町丁目部長様"
)

// guess tells the encoding of lines that are not UTF-8.
func guess(sample []byte) (guesses []dataops.Guess, sure bool) {
	sample = sample[:min(len(sample), guessSample)]
	confidence := librarySays(sample)
	type judged struct {
		candidate
		text []byte
		cost float64
	}
	var all []judged
	for _, c := range candidates {
		j := judged{candidate: c, text: decodeText(sample, c.encoding)}
		j.cost = c.prior + oddity(j.text, c) - libraryWeight*confidence[c.encoding]
		all = append(all, j)
	}
	slices.SortStableFunc(all, func(a, b judged) int {
		if a.cost < b.cost {
			return -1
		}
		return 1
	})
	best, seen := all[0], [][]byte{}
	sure = best.cost < float64(max(2, marks(best.text)/4)) //nolint:mnd // a quarter of the characters may be odd
	for _, j := range all {
		if slices.ContainsFunc(seen, func(t []byte) bool { return bytes.Equal(t, j.text) }) {
			continue
		}
		seen = append(seen, j.text)
		sure = sure && (len(seen) == 1 || j.cost-best.cost >= sureMargin)
		if len(guesses) < maxGuesses {
			guesses = append(guesses, dataops.Guess{Encoding: j.encoding, Samples: samplesOf(j.text)})
		}
	}
	return guesses, sure
}

// librarySays returns the library's confidence in each encoding, 0 to 1.
func librarySays(sample []byte) map[dataops.Encoding]float64 {
	out := map[dataops.Encoding]float64{}
	results, err := chardet.NewTextDetector().DetectAll(sample)
	if err != nil { // it recognises nothing
		return out
	}
	for _, r := range results {
		name := dataops.Encoding(strings.ToLower(r.Charset))
		if ours, ok := libraryNames[string(name)]; ok {
			name = ours
		}
		out[name] = max(out[name], float64(r.Confidence)/100) //nolint:mnd // per cent
	}
	return out
}

// marks counts the characters that are not ASCII.
func marks(text []byte) int {
	n := 0
	for _, r := range string(text) {
		if r >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

// oddity is what is strange in a text, about in characters. Of much text it is what a hundred characters would have, so that the
// priors and the library still count.
func oddity(text []byte, c candidate) float64 {
	total, n := 0.0, 0
	var words [][]rune
	var word []rune
	flush := func() {
		if len(word) > 0 {
			cost, special := wordOddity(word)
			total += cost
			if special {
				words = append(words, slices.Clone(word))
			}
		}
		word = word[:0]
	}
	runes := []rune(string(text))
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
			word = append(word, r)
		case r < utf8.RuneSelf:
			flush()
		default:
			inWord := i > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1])
			flush()
			total += signOddity(r, inWord)
		}
		if r >= utf8.RuneSelf {
			n++
		}
	}
	flush()
	total += languageOddity(words, c.languages) + mixture(runes, c.encoding)
	if n > 100 { //nolint:mnd // see above
		total = total * 100 / float64(n)
	}
	return total
}

// signOddity judges what is neither ASCII nor a letter.
func signOddity(r rune, inWord bool) float64 {
	switch {
	case r == utf8.RuneError || r < 0xA0 || unicode.Is(unicode.Co, r):
		return 8
	case r == '’' || r == '·':
		return 0.1
	case strings.ContainsRune("，。、；：？！“”「」『』（）【】《》〈〉・ー～％＆－", r):
		return 0.1
	case inWord:
		return 4
	case r == '€':
		return 0.1
	case strings.ContainsRune("‘“”„–—…•™®©§°²³½¼¾«»\u00a0¿¡£¥ªº´±×№‹›µ", r):
		return 0.2
	default:
		return 2.5
	}
}

// wordOddity judges a run of letters; special says that it has Latin letters beyond ASCII.
func wordOddity(word []rune) (cost float64, special bool) {
	if len(word) == 1 && word[0] >= utf8.RuneSelf && !unicode.Is(unicode.Han, word[0]) {
		cost = 0.8 // a letter alone is rather a sign
	}
	for i, r := range word {
		if r < utf8.RuneSelf {
			continue
		}
		latin := unicode.Is(unicode.Latin, r)
		special = special || latin
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(word[i-1]) ||
			i+1 < len(word) && unicode.IsLower(r) && unicode.IsUpper(word[i+1]) && i > 0 {
			cost += 3
		}
		if latin {
			cost += neighbours(word, i)
			continue
		}
		if i == 0 && unicode.Is(unicode.Mn, r) {
			cost += 2
		}
		cost += scriptOddity(r)
		if i > 0 && unicode.IsUpper(r) {
			cost += 0.15
		}
		if i > 0 && foreignScript(word[i-1], r) || i+1 < len(word) && foreignScript(word[i+1], r) {
			cost += 3
		}
	}
	return cost, special
}

// neighbours judges a Latin letter with an accent by those beside it: a vowel is rarely between two others, a consonant rarely between two
// others, and the ń of Polish never before a vowel, as the ñ of Spanish is.
func neighbours(word []rune, i int) float64 {
	vowel := func(i int) bool { return strings.ContainsRune(vowels, unicode.ToLower(word[i])) }
	if r := unicode.ToLower(word[i]); i+1 < len(word) && (r == 'ń' && vowel(i+1) || r == 'ñ' && !vowel(i+1)) {
		return 1
	}
	if i > 0 && i+1 < len(word) && vowel(i-1) == vowel(i) && vowel(i+1) == vowel(i) {
		return 1
	}
	return 0
}

// mixture is what is odd about characters of one language in the encoding of another: kana in a Chinese one, Chinese ones alone in
// the Korean one.
func mixture(runes []rune, enc dataops.Encoding) float64 {
	kana, han, hangul := 0, 0, 0
	for _, r := range runes {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		}
	}
	switch {
	case enc == "euc-kr" && hangul < han:
		return float64(han+kana) / 2
	case enc == "gb18030" || enc == "big5":
		return float64(kana) / 2
	}
	return 0
}

func foreignScript(a, b rune) bool {
	for _, s := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic, unicode.Thai} {
		if unicode.Is(s, a) != unicode.Is(s, b) && !unicode.Is(unicode.Inherited, a) && !unicode.Is(unicode.Inherited, b) {
			return true
		}
	}
	return false
}

// scriptOddity judges a letter that is not Latin.
func scriptOddity(r rune) float64 {
	switch {
	case unicode.Is(unicode.Cyrillic, r):
		return rarity(r, cyrillic)
	case unicode.Is(unicode.Greek, r):
		return rarity(r, greek)
	case unicode.Is(unicode.Hebrew, r):
		return rarity(r, hebrew)
	case r >= 0xFF61 && r <= 0xFF9F: // half-width katakana
		return 0.8
	case unicode.In(r, unicode.Hiragana, unicode.Katakana), r == 'ー':
		return 0
	case unicode.Is(unicode.Hangul, r):
		if b, err := korean.EUCKR.NewEncoder().String(string(r)); err != nil || len(b) != 2 || b[1] < 0xA1 {
			return 1 // a syllable that KS X 1001 does not have
		}
		return 0.1
	case unicode.Is(unicode.Han, r):
		if strings.ContainsRune(hanzi, r) {
			return 0.1
		}
		return 0.5
	case unicode.In(r, unicode.Arabic, unicode.Thai):
		return 0.3
	default:
		return 2
	}
}

// rarity judges a letter by how often its language has it; the letters have two bytes each.
func rarity(r rune, letters string) float64 {
	if i := strings.IndexRune(letters, unicode.ToLower(r)); i >= 0 {
		return 0.6 * float64(i) / float64(len(letters))
	}
	return 1.5
}

// languageOddity is how many of the words have accents that no single language of the encoding has, and how many languages it takes
// for the rest.
func languageOddity(words [][]rune, languages []string) float64 {
	if len(words) == 0 {
		return 0
	}
	if languages == nil {
		return 2 * float64(len(words))
	}
	cost, left := 0.0, words
	for used := 0; len(left) > 0; used++ {
		best, rest := -1.0, left
		for _, l := range languages {
			missing := slices.DeleteFunc(slices.Clone(left), func(w []rune) bool { return writtenIn(w, l) })
			if len(missing) < len(rest) {
				best, rest = 0, missing
				if strings.HasPrefix(l, rare) {
					best = 0.7
				}
			}
		}
		if best < 0 {
			return cost + 2*float64(len(left))
		}
		cost += best
		if used > 0 {
			cost++
		}
		left = rest
	}
	return cost
}

func writtenIn(word []rune, letters string) bool {
	for _, r := range word {
		if r >= utf8.RuneSelf && unicode.Is(unicode.Latin, r) && !strings.ContainsRune(letters, unicode.ToLower(r)) {
			return false
		}
	}
	return true
}

const (
	guessLines = 3
	lineChars  = 80
)

// samplesOf shows the first lines as they would read.
func samplesOf(text []byte) []string {
	out := []string{}
	for _, line := range strings.FieldsFunc(strings.ToValidUTF8(string(text), "\uFFFD"), func(r rune) bool { return r == '\n' || r == '\r' }) {
		runes := []rune(line)
		at := max(0, slices.IndexFunc(runes, func(r rune) bool { return r >= utf8.RuneSelf })-lineChars/2)
		line = strings.TrimSpace(string(runes[at:min(len(runes), at+lineChars)]))
		if line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
		if len(out) == guessLines {
			break
		}
	}
	return out
}
