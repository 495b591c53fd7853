package table

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// day is a calendar date; the zero day is none.
type day struct{ y, m, d int }

func (d day) valid() bool {
	return d.y >= 1 && d.y <= 9999 && d.m >= 1 && d.m <= 12 && d.d >= 1 &&
		d.d <= time.Date(d.y, time.Month(d.m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func (d day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.y, d.m, d.d) }

func (d day) weekday() int { // Monday is 1
	return (int(time.Date(d.y, time.Month(d.m), d.d, 0, 0, 0, 0, time.UTC).Weekday())+6)%7 + 1
}

// dates are the dates that a text can be, by the order in which they are written; a text that names its month or begins with
// a year of four digits is the same date in every order.
type dates struct {
	dmy, mdy, ymd day
	fixed         bool
	dotted        bool // 31.12.2024, which is written with the day first
	short         bool // with a year of two digits
	compact       bool // 20241231
	dashed        bool // 31-12-24, which may have the year first
	loose         bool // 1.2.34, with single digits, which may be a version
}

func (d dates) any() bool { return d.dmy.valid() || d.mdy.valid() || d.ymd.valid() }

// in returns the date in an order.
func (d dates) in(order DateOrder) day {
	switch order {
	case DayFirst:
		return d.dmy
	case MonthFirst:
		return d.mdy
	default:
		return d.ymd
	}
}

// only returns the one date that the text can be when no order is chosen; ambiguous says that there are two. A year of two
// digits stands at the end, or between dashes also at the beginning.
func (d dates) only() (one day, ambiguous bool) {
	switch {
	case d.fixed, d.dotted:
		return d.dmy, false
	case d.dmy.valid() && d.mdy.valid():
		return d.dmy, d.dmy != d.mdy || d.orYear(d.dmy)
	case d.dmy.valid():
		return d.dmy, d.orYear(d.dmy)
	default:
		return d.mdy, d.mdy.valid() && d.orYear(d.mdy)
	}
}

// orYear reports whether the text can be another date with the year first.
func (d dates) orYear(one day) bool { return d.dashed && d.ymd.valid() && d.ymd != one }

// said names the dates that the text can be.
func (d dates) said() string {
	var out []string
	for _, one := range []day{d.dmy, d.mdy, d.ymd} {
		if one.valid() && !slices.Contains(out, longDate(one)) {
			out = append(out, longDate(one))
		}
	}
	return strings.Join(out, " or ")
}

// The written forms of dates. The interface has the same expressions (ui/src/grid/typed/dates.ts).
var (
	spacedSign  = regexp.MustCompile(` *([./-]) *`)
	threeParts  = regexp.MustCompile(`^(\d{1,4})([-/. ])(\d{1,2})([-/. ])(\d{1,4})\.?$`)
	eightDigits = regexp.MustCompile(`^\d{8}$`)
	dayMonth    = regexp.MustCompile(
		`(?i)^(\d{1,2})(?:st|nd|rd|th|er|º|ª|°)?[ ./-]?(?:(?:of|de|del|den) )?(\p{L}+)[ .,/-]*(?:(?:of|de|del) )?('?\d{2}|\d{4})$`)
	monthDay    = regexp.MustCompile(`(?i)^(\p{L}+)[ ./-]{0,2}(\d{1,2})(?:st|nd|rd|th)?[ ,./-]+(\d{4})$`)
	yearMonth   = regexp.MustCompile(`(?i)^(\d{4})[ ,./-]*(\p{L}+)[ ,./-]*(\d{1,2})(?:st|nd|rd|th)?\.?$`)
	eastAsian   = regexp.MustCompile(`^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]$`)
	weekdayHead = regexp.MustCompile(`(?i)^(\p{L}+(?:-feira)?)\.?,? (.+)$`)
	weekdayTail = regexp.MustCompile(`(?i)^(.+?),? \(?(\p{L}+(?:-feira)?)\.?\)?$`)
)

// maxDate is how many bytes a written date or time has at most.
const maxDate = 100

// scanDate reads a date in every order that is possible.
func scanDate(s string) dates {
	if len(s) > maxDate {
		return dates{}
	}
	s = strings.Join(strings.Fields(s), " ")
	if d := scanDay(s); d.any() {
		return d
	}
	w := theWords().weekdays
	if m := weekdayHead.FindStringSubmatch(s); m != nil {
		if n := w[strings.ToLower(m[1])]; n > 0 {
			return scanDay(m[2]).onWeekday(n)
		}
	}
	if m := weekdayTail.FindStringSubmatch(s); m != nil {
		if n := w[strings.ToLower(m[2])]; n > 0 {
			return scanDay(m[1]).onWeekday(n)
		}
	}
	return dates{}
}

// onWeekday leaves what falls on the day of the week.
func (d dates) onWeekday(n int) dates {
	for _, day := range []*day{&d.dmy, &d.mdy, &d.ymd} {
		if !day.valid() || day.weekday() != n {
			*day = dayNone()
		}
	}
	return d
}

func dayNone() day { return day{} }

func scanDay(s string) dates {
	s = spacedSign.ReplaceAllString(s, "$1")
	if m := threeParts.FindStringSubmatch(s); m != nil {
		return numericDate(m[1], m[2], m[3], m[4], m[5])
	}
	if eightDigits.MatchString(s) {
		d := fixedDate(s[:4], number(s[4:6]), s[6:])
		d.compact = true
		return d
	}
	months := theWords().months
	if m := dayMonth.FindStringSubmatch(s); m != nil {
		return fixedDate(strings.TrimPrefix(m[3], "'"), months[strings.ToLower(m[2])], m[1])
	}
	if m := monthDay.FindStringSubmatch(s); m != nil {
		return fixedDate(m[3], months[strings.ToLower(m[1])], m[2])
	}
	if m := yearMonth.FindStringSubmatch(s); m != nil {
		return fixedDate(m[1], months[strings.ToLower(m[2])], m[3])
	}
	if m := eastAsian.FindStringSubmatch(s); m != nil {
		return fixedDate(m[1], number(m[2]), m[3])
	}
	return dates{}
}

func fixedDate(year string, month int, dayOfMonth string) dates {
	d := day{fullYear(year), month, number(dayOfMonth)}
	return dates{dmy: d, mdy: d, ymd: d, fixed: true, short: len(year) == 2}
}

func numericDate(a, sep, b, sep2, c string) dates {
	switch {
	case sep != sep2:
		return dates{}
	case len(a) == 4 && len(c) <= 2:
		return fixedDate(a, number(b), c)
	case len(a) <= 2 && len(c) == 4:
		y, p, q := number(c), number(a), number(b)
		return dates{dmy: day{y, q, p}, mdy: day{y, p, q}, dotted: sep == "."}
	case len(a) > 2 || len(c) > 2 || sep == " ":
		return dates{}
	}
	out := dates{dotted: sep == ".", dashed: sep == "-", short: true, loose: sep == "." && len(a)+len(b) < 4}
	if len(c) == 2 {
		y, p, q := fullYear(c), number(a), number(b)
		out.dmy, out.mdy = day{y, q, p}, day{y, p, q}
	}
	if len(a) == 2 {
		out.ymd = day{fullYear(a), number(b), number(c)}
	}
	return out
}

// fullYear is a year of four digits, or of two: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068 (POSIX, strptime's %y).
func fullYear(s string) int {
	n := number(s)
	switch {
	case len(s) != 2:
		return n
	case n >= 69:
		return 1900 + n
	default:
		return 2000 + n
	}
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// date reads a date of a column. Of a text with a time it takes the day as it is written.
func (r Reader) date(col Column, s string) (string, error) {
	d, _, ok := r.parts(col, s)
	if !ok {
		return "", bad("%q is not a date; write it like 2026-03-31", kernel.Shorten(s))
	}
	one, err := chooseDate(col, d, s)
	if err != nil {
		return "", err
	}
	return one.String(), nil
}

// chooseDate takes the date in the column's order.
func chooseDate(col Column, d dates, s string) (day, error) {
	order := col.Form.order()
	if order == "" {
		one, ambiguous := d.only()
		switch {
		case ambiguous:
			return day{}, &ValueError{
				Kind:    Ambiguous,
				Message: formatBad(s, "could be %s; write it like 2026-03-31, or choose the order of day and month in the column's settings", d.said()),
			}
		case one.valid():
			return one, nil
		case d.any():
			return day{}, &ValueError{
				Kind: OtherForm,
				Message: formatBad(s, "is a date only in another order; write it like 2026-03-31, or choose the order of day and month in the "+
					"column's settings"),
			}
		}
	} else if one := d.in(order); one.valid() {
		return one, nil
	} else if d.any() {
		return day{}, &ValueError{
			Kind: OtherForm,
			Message: formatBad(s, "is no date with the %s first, as this column's are written; write it like 2026-03-31, or change the order in "+
				"the column's settings", firstPart(order)),
		}
	}
	return day{}, bad("%q is not a date; write it like 2026-03-31", kernel.Shorten(s))
}

func firstPart(o DateOrder) string {
	switch o {
	case DayFirst:
		return "day"
	case MonthFirst:
		return "month"
	default:
		return "year"
	}
}

func longDate(d day) string {
	return time.Date(d.y, time.Month(d.m), d.d, 0, 0, 0, 0, time.UTC).Format("2 Jan 2006")
}
