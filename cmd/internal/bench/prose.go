package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/table"
)

// companies are rows as a public register of companies has them: 22 columns, texts whose lengths and words are skewed, in many
// languages, 750 bytes a row in the mean. Each is a function of its number, so that a run does the same work as the one before it.
type companies struct{ scripts [][]string }

// companyRows is how many there are unless another number is asked for.
const companyRows = 70_000

// The fields of a row, each with dice of its own. A text takes several from its first one on.
const (
	rollName = 20 + iota
	rollForm
	rollCountry
	rollCity
	rollStreet
	rollIndustry
	rollSize
	rollRevenue
	rollDate
	rollStage
	rollPerson
	rollScore
	rollKeywords
	rollSource
	rollEmpty
	rollLength
	rollTexts = 64
)

// scripts are the syllables that words are made of, those of the languages that come most often first.
func scripts() [][]string {
	var out [][]string
	for _, s := range []string{
		"ba ber bo cal car chi da del dor el en fa fer gan gel ha hor il in jo kal ken la lin lo mar men mi mon na ner no ol or pa per po ra " +
			"ren ri ro sa sen si so ta ter ti to ul um va ven vi wal we",
		"schaft ung heit lich über grün Stadt werk bau für mäß groß stück land tech nik ver trieb an lage",
		"é ai tion ment eur euse ré prê çon gé né rale voi ture mai son fran çaise",
		"ção ões não ria lho nha cida de mento gru po bra sil por tu",
		"ła szcz ów nie prze rzą dów spół ka pol ska usłu gi han dlo wa",
		"ство ние про изв одст тор гов ля раз раб отка ком пания усл уги",
		"ος εται ρεία πα ραγ ωγή εμπ όριο υπηρ εσίες",
		"株 式 会 社 東 京 開 発 製 造 業 務 技 術 の サ ー ビ ス",
		"公 司 北 上 海 科 技 有 限 产 品 服 务 发 展",
		"شر كة ال تج ارة خد مات صن اعة",
		"कं पनी से वा उत् पाद न व्या पार",
		"회 사 서 비 스 개 발 제 조 유 통",
	} {
		out = append(out, strings.Fields(s))
	}
	return out
}

// foreign spells the n-th word of a script.
func foreign(syllables []string, n int) string {
	var b strings.Builder
	for i := 0; i < 2 || n > 0; i++ {
		b.WriteString(syllables[(n+i*7)%len(syllables)])
		n /= len(syllables)
	}
	return b.String()
}

// vocabulary is how many words a language has.
const vocabulary = 100_000

// zipf is a number below n that belongs to a row and a field, distributed as words of texts are (Zipf's law with exponent 1).
func zipf(row, field, n int) int {
	const fine = 1 << 20
	return int(math.Pow(float64(n), float64(roll(row, field, fine))/fine)) - 1
}

// text writes about so many words; every third row is in another language than the first one.
func (c companies) text(row, field, words int) string {
	all := c.scripts
	syllables := all[0]
	if roll(row, field, 3) == 0 {
		syllables = all[common(row, field+1, len(all)-1)+1]
	}
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", ", ", " ", ". ", " ", "\n"}[roll(row, field+2+i, 12)])
		}
		b.WriteString(foreign(syllables, zipf(row, field+2+i, vocabulary)))
	}
	return b.String()
}

// words is a skewed number of words: the mean is as given, one row in a hundred has five times that.
func (companies) words(row, field int, mean float64) int {
	const fine = 1 << 20
	u := (float64(roll(row, field, fine)) + 1) / (fine + 1)
	return int(math.Ceil(-math.Log(u) * mean))
}

// sparse leaves a field of some percent of the rows empty.
func sparse(field, percent int, value func(int) string) func(int) string {
	return func(i int) string {
		if roll(i, rollEmpty+100*field, 100) < percent {
			return ""
		}
		return value(i)
	}
}

func (companies) name(i int) string {
	return word(5, common(i, rollName, firms)) + " " + word(6,
		roll(i, rollName+100, surnames)) + " " + pick("GmbH|Ltd|Inc.|S.A.|株式会社|ООО|AG|B.V.|Sp. z o.o.|LLC", common(i, rollForm, 10))
}

// country is one of some forty, of which a twentieth of the rows has Germany.
func (companies) country(i int) string {
	const list = "United States|China|United " +
		"Kingdom|India|Japan|France|Canada|Brazil|Italy|Spain|Netherlands|Switzerland|Sweden|Poland|Australia|South " +
		"Korea|Türkiye|Mexico|Austria|Belgium|Denmark|Norway|Finland|Ireland|" +
		"Portugal|Greece|Czechia|Hungary|Romania|Israel|Singapore|Kenya|Nigeria|South Africa|Argentina|Chile|Côte d’Ivoire|Egypt"
	if roll(i, rollCountry, 1000) < 47 {
		return "Germany"
	}
	return pick(list, common(i, rollCountry+100, strings.Count(list, "|")+1))
}

func (companies) domain(i int) string {
	return strings.ToLower(word(5, common(i, rollName, firms))+"-"+word(6, roll(i, rollName+100, surnames))) + ".example"
}

func (companies) person(i, n int) string {
	return word(0, common(i, rollPerson+n, firstNames)) + " " + word(1, common(i, rollPerson+100+n, surnames))
}

func (companies) number(i int) string { return fmt.Sprintf("HRB %08d", i) }

// columns are those of the table, each with what a row has in it.
func (c companies) columns() []fileColumn {
	return []fileColumn{
		{name: "Name", typ: table.Text, value: c.name},
		{name: "Register number", typ: table.Text, value: c.number},
		{
			name:  "Description",
			typ:   table.LongText,
			value: sparse(1, 8, func(i int) string { return c.text(i, rollTexts, c.words(i, rollLength, 28)) }),
		},
		{name: "Country", typ: table.Text, value: c.country},
		{name: "City", typ: table.Text, value: func(i int) string { return word(3, common(i, rollCity, cities)) }},
		{name: "Street", typ: table.Text, value: sparse(2, 10, func(i int) string {
			return fmt.Sprintf("%s %s %d", word(7, common(i, rollStreet, cities)), pick("Street|Straße|Avenue|Rue|ul.|Улица", i),
				roll(i, rollStreet+100, 300))
		})},
		{
			name:  "Postcode",
			typ:   table.Text,
			value: sparse(3, 10, func(i int) string { return fmt.Sprintf("%05d", roll(i, rollStreet+200, 99_999)) }),
		},
		{name: "Website", typ: table.URL, value: sparse(4, 15, func(i int) string { return "https://www." + c.domain(i) + "/" })},
		{name: "Email", typ: table.Email, value: sparse(5, 30, func(i int) string { return "info@" + c.domain(i) })},
		{name: "Phone", typ: table.Text, value: sparse(6, 40, func(i int) string {
			return fmt.Sprintf("+%d %08d", 30+roll(i, rollSource, 60), roll(i, rollSource+100, 99_999_999))
		})},
		{name: "Industry", typ: table.Text, value: func(i int) string {
			return pick("Software and data services|Manufacture of machinery|Wholesale trade|Health and social work|Construction of "+
				"buildings|Financial services|Transport and storage|Education|Food and beverages|Media and publishing|Energy supply|Chemicals",
				common(i, rollIndustry, 12))
		}},
		{name: "Employees", typ: table.Number, value: sparse(7, 20, func(i int) string { return strconv.Itoa(1 + common(i, rollSize, 50_000)) })},
		{name: "Revenue", typ: table.Number, value: sparse(8, 35, func(i int) string {
			return fmt.Sprintf("%d.%02d", common(i, rollRevenue, 900_000_000), roll(i, rollRevenue+100, 100))
		})},
		{name: "Founded", typ: table.Date, value: sparse(9, 12, func(i int) string {
			return fmt.Sprintf("%d-%02d-%02d", 2024-common(i, rollDate, 150), 1+roll(i, rollDate+100, 12), 1+roll(i, rollDate+200, 28))
		})},
		{name: "Listed", typ: table.Boolean, value: func(i int) string { return pick("false|false|false|true", roll(i, rollStage, 4)) }},
		{name: "Managing director", typ: table.Text, value: sparse(10, 25, func(i int) string { return c.person(i, 1) })},
		{name: "Contact", typ: table.Text, value: sparse(11, 50, func(i int) string { return c.person(i, 2) })},
		{name: "Score", typ: table.Number, value: func(i int) string { return strconv.Itoa(roll(i, rollScore, 101)) }},
		{name: "Keywords", typ: table.Text, value: sparse(12, 30, func(i int) string {
			return strings.ReplaceAll(c.text(i, rollKeywords+100, 2+roll(i, rollKeywords, 5)), " ", "; ")
		})},
		{
			name:  "Products",
			typ:   table.LongText,
			value: sparse(13, 45, func(i int) string { return c.text(i, rollTexts+5000, c.words(i, rollLength+100, 18)) }),
		},
		{name: "Source", typ: table.URL, value: func(i int) string {
			return fmt.Sprintf("https://register.example/companies/%08x", roll(i, rollSource+200, 1<<31))
		}},
		{
			name:  "Note",
			typ:   table.LongText,
			value: sparse(14, 60, func(i int) string { return c.text(i, rollTexts+9000, c.words(i, rollLength+200, 14)) }),
		},
	}
}

// companySheet is the table of long texts.
func companySheet() sheet {
	c := companies{scripts()}
	return sheet{
		name:    "companies",
		file:    "companies.csv",
		columns: c.columns(),
		company: "Name",
		edited:  "City",
		number:  "Employees",
		unique:  "Register number",
		of:      c.number,
		search: func(i int) []string {
			return []string{c.number(i), word(6, roll(i, rollName+100, surnames)), "manufacture", fmt.Sprint("nowhere ", i)}
		},
		is: &isFilter{"Country", "Germany"},
	}
}
