package expression

import (
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// moment is a date or a time. Dates and times are texts in formulas, as cells hold them: 2026-03-31 and 2026-03-31T14:05:00Z.
type moment struct {
	time.Time
	isDate bool
}

const dateForm = "2006-01-02"

// noTime stops an evaluation that asks for the time where none is recorded.
const noTime = "the time is not known here"

func today(r *run, _ []any) any {
	if r.now.IsZero() {
		panic(noTime)
	}
	r.charge(scalarSize)
	return r.now.Format(dateForm)
}

func now(r *run, _ []any) any {
	if r.now.IsZero() {
		panic(noTime)
	}
	r.charge(headerSize)
	return r.now.Format(time.RFC3339)
}

func momentOf(r *run, args []any, i int) moment {
	r.work(40)
	switch v := args[i].(type) {
	case time.Time:
		return moment{Time: v}
	case string:
		s := strings.TrimSpace(v)
		if t, err := time.Parse(dateForm, s); err == nil {
			return moment{t, true}
		}
		if len(s) <= maxDateText {
			if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
				return moment{Time: t}
			}
		}
		panic(quoteShort(v) + " is not a date like 2026-03-31")
	default:
		panic(typeName(v) + " is not a date")
	}
}

// written is the moment as a cell holds it.
func (m moment) written(r *run) string {
	if y := m.Year(); y < 1 || y > 9999 {
		panic("the date is too far away")
	}
	r.charge(2 * headerSize)
	if m.isDate {
		return m.Format(dateForm)
	}
	return m.Format(time.RFC3339Nano)
}

func datePart(of func(moment) int) function {
	return func(r *run, args []any) any { return of(momentOf(r, args, 0)) }
}

const maxShift = 4_000_000 // days, more than there are between the first date and the last

func shift(args []any) int {
	n := whole(args[1])
	if n > maxShift || n < -maxShift {
		panic("the date is too far away")
	}
	return n
}

func addDays(r *run, args []any) any {
	if args[1] == nil {
		return nil
	}
	m := momentOf(r, args, 0)
	m.Time = m.AddDate(0, 0, shift(args))
	return m.written(r)
}

// addMonths stays in the month: a month after January 31 is the last of February.
func addMonths(r *run, args []any) any {
	if args[1] == nil {
		return nil
	}
	m := momentOf(r, args, 0)
	first := m.AddDate(0, 0, 1-m.Day()).AddDate(0, shift(args), 0)
	last := first.AddDate(0, 1, -1).Day()
	m.Time = first.AddDate(0, 0, min(m.Day(), last)-1)
	return m.written(r)
}

// daysBetween counts calendar days from the first date to the second.
func daysBetween(r *run, args []any) any {
	if args[1] == nil {
		return nil
	}
	a, b := momentOf(r, args, 0), momentOf(r, args, 1)
	day := func(t time.Time) int64 {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86_400
	}
	return int(day(b.Time) - day(a.Time))
}

func hoursBetween(r *run, args []any) any {
	if args[1] == nil {
		return nil
	}
	a, b := momentOf(r, args, 0), momentOf(r, args, 1)
	d := b.Sub(a.Time)
	if d == math.MaxInt64 || d == math.MinInt64 {
		panic("the times are too far apart")
	}
	r.charge(decimalSize)
	return slim(decimal.NewFromInt(d.Milliseconds()).DivRound(decimal.NewFromInt(3_600_000), 4))
}

// before is false when either is empty.
func before(r *run, args []any) any {
	if args[0] == nil || args[1] == nil {
		return false
	}
	return momentOf(r, args, 0).Before(momentOf(r, args, 1).Time)
}

// dateWords are what stands for a part of a date in formatDate, the longer of two that begin alike first, with Go's word for it.
var dateWords = [][2]string{ //nolint:gochecknoglobals // a constant table
	{"YYYY", "2006"},
	{"YY", "06"},
	{"MMMM", "January"},
	{"MMM", "Jan"},
	{"MM", "01"},
	{"M", "1"},
	{"DD", "02"},
	{"D", "2"},
	{"HH", "15"},
	{"mm", "04"},
	{"ss", "05"},
	{"dddd", "Monday"},
	{"ddd", "Mon"},
}

func formatDate(r *run, args []any) any {
	m := momentOf(r, args, 0)
	form := text(args, 1)
	if len(form) > maxDateText {
		panic("the form of a date has at most 200 bytes")
	}
	r.charge(20 * maxDateText)
	r.work(len(form) * 32)
	var b strings.Builder
next:
	for form != "" {
		for _, w := range dateWords {
			if rest, ok := strings.CutPrefix(form, w[0]); ok {
				b.WriteString(m.Format(w[1]))
				form = rest
				continue next
			}
		}
		b.WriteByte(form[0])
		form = form[1:]
	}
	return b.String()
}
