package bench

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/table"
)

// leads are rows as a list of leads has them, in words of which few are common and most are rare. Each is a function of its number.
type leads struct{}

// How many different words there are of a kind.
const (
	firstNames, surnames, firms, cities, topics = 2_000, 60_000, 80_000, 1_500, 6_000
)

// roll is a number below n that belongs to a row and a field.
func roll(row, field, n int) int {
	x := uint64(row)*64 + uint64(field) + 1 // splitmix64, by Steele, Lea and Flood, 2014
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % uint64(n))
}

// common is such a number, and the small ones come often.
func common(row, field, n int) int {
	const fine = 1 << 20
	u := float64(roll(row, field, fine)) / fine
	return int(u * u * u * float64(n))
}

// word spells the n-th word of a kind.
func word(kind, n int) string {
	syllables := strings.Fields("ba ber bo cal car chi da del dor el en fa fer gan gel ha hor il in jo kal ken la lin lo mar men mi mon " +
		"na ner no ol or pa per po ra ren ri ro sa sen si so ta ter ti to ul um va ven vi wal we xan yo za zen")
	n = n*8 + kind
	var b strings.Builder
	for i := 0; i < 3 || n > 0; i++ {
		b.WriteString(syllables[(n+i*7)%len(syllables)])
		n /= len(syllables)
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

func (leads) first(i int) string   { return word(0, common(i, 0, firstNames)) }
func (leads) surname(i int) string { return word(1, common(i, 1, surnames)) }
func (leads) firm(i int) string    { return word(2, common(i, 2, firms)) }
func (leads) city(i int) string    { return word(3, common(i, 3, cities)) }
func (leads) title(i int) string {
	return pick("Head of|Director of|VP|Manager|Lead|Specialist in",
		roll(i, 4, 1<<20)) + " " + pick("Sales|Marketing|Engineering|Operations|Finance|People|Product|Procurement", roll(i, 5, 1<<20))
}

func (leads) stage(i int) string {
	return pick(stages, roll(i, 6, 1<<20))
}

const stages = "new|contacted|qualified|customer|lost"

func stageOptions() (options []table.Option) {
	for name := range strings.SplitSeq(stages, "|") {
		options = append(options, table.Option{Name: name})
	}
	return options
}

func pick(list string, n int) string {
	words := strings.Split(list, "|")
	return words[n%len(words)]
}

// columns are those of the table, each with what a row has in it.
func (l leads) columns() []fileColumn {
	return []fileColumn{
		{"Name", table.Text, func(i int) string { return l.first(i) + " " + l.surname(i) }},
		{"Email", table.Email, func(i int) string {
			return fmt.Sprintf("%s.%s@%s.example", strings.ToLower(l.first(i)), strings.ToLower(l.surname(i)), strings.ToLower(l.firm(i)))
		}},
		{"Company", table.Text, func(i int) string { return l.firm(i) + " " + pick("Inc|GmbH|Ltd|Group|Labs", roll(i, 7, 1<<20)) }},
		{"Title", table.Text, l.title},
		{"City", table.Text, l.city},
		{"Stage", table.Select, l.stage},
		{"Employees", table.Number, func(i int) string { return strconv.Itoa(roll(i, 8, 5_000)) }},
		{"Note", table.LongText, func(i int) string {
			return fmt.Sprintf("Asked about %s and %s at the %s fair", word(4, common(i, 9, topics)), word(4, common(i, 10, topics)), l.city(i+1))
		}},
	}
}

// leadsPerEvent makes events of 1,000 cells, as an import cuts them.
const leadsPerEvent = 125
