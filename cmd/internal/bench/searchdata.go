package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
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
	syllables := strings.Fields("ba ber bo cal car chi da del dor el en fa fer gan gel ha hor il in jo kal ken la lin lo mar men mi mon na ner no ol or pa per po ra ren ri ro sa sen si so ta ter ti to ul um va ven vi wal we xan yo za zen")
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
	return pick("Head of|Director of|VP|Manager|Lead|Specialist in", roll(i, 4, 1<<20)) + " " + pick("Sales|Marketing|Engineering|Operations|Finance|People|Product|Procurement", roll(i, 5, 1<<20))
}

func (leads) stage(i int) string {
	return pick("new|contacted|qualified|customer|lost", roll(i, 6, 1<<20))
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

// make creates the table in the log.
func (b *searchBench) make(ctx context.Context) error {
	ids := kernel.NewIDs(b.clock)
	b.ids = ids
	b.workspace, b.table = kernel.WorkspaceID(ids.New(kernel.PrefixWorkspace)), kernel.TableID(ids.New(kernel.PrefixTable))
	var drafts []table.Draft
	for _, c := range (leads{}).columns() {
		d := table.Draft{Name: c.name, Type: c.typ}
		if c.typ == table.Select {
			for i := range 5 {
				d.Options = append(d.Options, table.Option{Name: pick("new|contacted|qualified|customer|lost", i)})
			}
		}
		drafts = append(drafts, d)
	}
	t, err := table.New(table.Maker{IDs: ids, Clock: b.clock}, b.table, b.workspace, "", "Leads", drafts)
	if err != nil {
		return err
	}
	b.columns = t.Schema().Columns
	return b.append(ctx, eventstore.Stream("table", string(b.table)), t.Pending())
}

// fill appends the rows up to a number to the log.
func (b *searchBench) fill(ctx context.Context, rows int) error {
	imp := kernel.ImportID(b.ids.New(kernel.PrefixImport))
	fields := leads{}.columns()
	var events []kernel.Event
	for b.rows < rows {
		n := min(leadsPerEvent, rows-b.rows)
		chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for i := b.rows; i < b.rows+n; i++ {
			chunk.Rows = append(chunk.Rows, kernel.RowID(b.ids.New(kernel.PrefixRow)))
			for c, col := range b.columns {
				v, _, err := table.ParseText(col, fields[c].value(i), false)
				if err != nil {
					return err
				}
				chunk.Cols[col.ID] = append(chunk.Cols[col.ID], v)
			}
		}
		b.rows += n
		const at = 20
		if events = append(events, dataops.RowsAdded{ImportID: imp, TableID: b.table, Chunk: chunk}); len(events) == at || b.rows == rows {
			if err := b.append(ctx, eventstore.Stream("import", string(imp)), events); err != nil {
				return err
			}
			events = nil
		}
	}
	return nil
}

func (b *searchBench) append(ctx context.Context, stream eventstore.StreamID, events []kernel.Event) error {
	meta := kernel.Meta{Actor: kernel.System(), Workspace: b.workspace}
	req, err := b.codec.Append(meta, nil, eventstore.At(stream, eventstore.Any, events...))
	if err != nil {
		return err
	}
	done, err := b.log.Append(ctx, req)
	b.head = done.Last
	return err
}
