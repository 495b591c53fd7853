package xlsxfile

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// lastDay is the last day of the calendar, 31 December 9999, of 1900's and of 1904's system.
const (
	lastDay1900 = 2_958_465
	lastDay1904 = lastDay1900 - days1904
	days1904    = 1462 // between the two systems
)

// shown is a number as the cell shows it, where that is another one or no number at all. text says that it is text.
func (l look) shown(v string, date1904 bool) (out string, text bool) {
	number := canonical(v)
	switch l.shape {
	case perCent:
		return shifted(number), false
	case zeros:
		if strings.ContainsAny(number, "-.") || len(number) >= l.width {
			return number, false
		}
		return strings.Repeat("0", l.width-len(number)) + number, true
	case plainNumber:
		return number, false
	default: // a day, a time or both
	}
	serial, err := strconv.ParseFloat(number, 64)
	if err != nil || serial < 0 || serial >= lastDay1900+1 || date1904 && serial >= lastDay1904+1 {
		return number, false
	}
	if l.shape == elapsed {
		s := int64(math.Round(serial * secondsPerDay))
		const hour, minute = 3600, 60
		return strconv.FormatInt(s/hour, 10) + ":" + two(s%hour/minute) + ":" + two(s%minute), true
	}
	return l.moment(serial, date1904), true
}

const secondsPerDay = 24 * 60 * 60

func two(n int64) string {
	if n < 10 { //nolint:mnd // one digit
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// moment is a serial number as a day, a time or both. The system of 1900 has a 29 February 1900, which is number 60.
func (l look) moment(serial float64, date1904 bool) string {
	const msPerDay = secondsPerDay * 1000
	total := int64(math.Round(serial * msPerDay))
	days, ms := total/msPerDay, total%msPerDay
	var day time.Time
	switch {
	case date1904:
		day = epoch().AddDate(0, 0, int(days)+days1904)
	case days < 60: //nolint:mnd // before the day that never was
		day = epoch().AddDate(0, 0, int(days)+1)
	default:
		day = epoch().AddDate(0, 0, int(days))
	}
	at := day.Add(time.Duration(ms) * time.Millisecond)
	date := at.Format(time.DateOnly)
	if !date1904 && days == 60 {
		date = "1900-02-29"
	}
	clock := at.Format("15:04:05.999")
	switch {
	case l.shape == aDate:
		return date
	case l.shape == aTime && days == 0:
		return clock
	default:
		return date + "T" + clock
	}
}

// canonical writes a number in plain notation. A fraction has the 15 digits that spreadsheet programs show, since what comes after them
// is the noise of a double; a whole number keeps the digits that it is written with. What is no number stays as it is.
func canonical(v string) string {
	v = strings.TrimSpace(v)
	if plainForm(v) && (!strings.Contains(v, ".") || significant([]byte(v)) <= maxDoubleDigits) {
		return v
	}
	if v == "" || strings.Trim(v, "+-.0123456789eE") != "" {
		return v
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(f, 0) {
		return v
	}
	if f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', maxDoubleDigits, 64), 64); err != nil {
		return v
	}
	if f == 0 {
		return "0"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// plainForm reports whether the text is a number as JSON has it, without an exponent.
func plainForm(v string) bool {
	v = strings.TrimPrefix(v, "-")
	whole, frac, point := strings.Cut(v, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!point || digits(frac))
}

// isNumber reports whether a canonical text is one.
func isNumber(v string) bool { return plainForm(v) }

// shifted is a plain number times a hundred.
func shifted(v string) string {
	if !plainForm(v) {
		return v
	}
	sign := ""
	if strings.HasPrefix(v, "-") {
		sign, v = "-", v[1:]
	}
	whole, frac, _ := strings.Cut(v, ".")
	frac += "00"
	whole, frac = whole+frac[:2], strings.TrimRight(frac[2:], "0")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		whole += "." + frac
	}
	if whole == "0" {
		return "0"
	}
	return sign + whole
}
