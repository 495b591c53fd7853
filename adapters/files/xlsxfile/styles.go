package xlsxfile

import (
	"io"
	"strconv"
	"strings"
)

// shape is how a number format shows a number.
type shape byte

// The shapes.
const (
	plainNumber shape = iota
	aDate
	aDateTime
	aTime
	elapsed
	perCent
	zeros // padded with zeros to a width
)

// look is the shape of a cell's style.
type look struct {
	shape shape
	width int // of zeros
}

// Limits of the part of styles. Excel's own is 65,490 formats of cells.
const (
	maxStyles  = 100_000
	maxFormats = 10_000
)

// looksOf reads the part of styles: how the cells of each style show numbers.
func looksOf(part io.Reader) ([]look, error) {
	codes := map[int]string{}
	var looks []look
	x, cells := newScanner(part), false
	for {
		t, err := x.next()
		if err == io.EOF { //nolint:errorlint // the scanner's own
			return looks, nil
		}
		if err != nil {
			return nil, err
		}
		if t.kind == chars {
			continue
		}
		switch string(t.name) {
		case "numFmt":
			if t.kind == startTag && len(codes) < maxFormats {
				codes[attrInt(t.attrs, "numFmtId", -1)] = attrText(t.attrs, "formatCode")
			}
		case "cellXfs":
			cells = t.kind == startTag
		case "xf":
			if t.kind != startTag || !cells {
				continue
			}
			if len(looks) >= maxStyles {
				return nil, broken("it has more than %d styles", maxStyles)
			}
			id := attrInt(t.attrs, "numFmtId", 0)
			if code, ok := codes[id]; ok {
				looks = append(looks, lookOf(code))
			} else {
				looks = append(looks, builtin(id))
			}
		}
	}
}

// builtin is the look of a format that has no code in the file (ECMA-376 part 1, 18.8.30; those of East Asia included).
func builtin(id int) look {
	between := func(from, to int) bool { return id >= from && id <= to }
	switch {
	case id == 9 || id == 10: //nolint:mnd // 0% and 0.00%
		return look{shape: perCent}
	case between(14, 17), between(27, 31), id == 36, between(50, 54), id == 57, id == 58: //nolint:mnd // as listed there
		return look{shape: aDate}
	case id == 22: //nolint:mnd // m/d/yy h:mm
		return look{shape: aDateTime}
	case between(18, 21), between(32, 35), id == 45, id == 47, id == 55, id == 56: //nolint:mnd // as listed there
		return look{shape: aTime}
	case id == 46: //nolint:mnd // [h]:mm:ss
		return look{shape: elapsed}
	default:
		return look{}
	}
}

// lookOf reads a format code, as far as it tells dates, times, per cents and leading zeros.
func lookOf(code string) look {
	code, isElapsed := bare(code)
	lower := strings.ToLower(code)
	if strings.Contains(lower, "general") || code == "@" {
		return look{}
	}
	if strings.Contains(lower, "am/pm") || strings.Contains(lower, "a/p") {
		lower = strings.NewReplacer("am/pm", "h", "a/p", "h").Replace(lower)
	}
	hasEra := strings.Contains(code, "e") && !strings.Contains(lower, "e+") && !strings.Contains(lower, "e-")
	hasDay := strings.ContainsAny(lower, "yd") || strings.ContainsAny(code, "bBgG") || hasEra
	hasTime := strings.ContainsAny(lower, "hs")
	hasMonth := strings.Contains(lower, "m") && (!hasTime || strings.Contains(lower, "mmm"))
	switch {
	case isElapsed:
		return look{shape: elapsed}
	case (hasDay || hasMonth) && hasTime:
		return look{shape: aDateTime}
	case hasDay || hasMonth:
		return look{shape: aDate}
	case hasTime:
		return look{shape: aTime}
	case strings.Contains(code, "%"):
		return look{shape: perCent}
	case len(code) > 1 && strings.Trim(code, "0") == "" && len(code) <= maxDoubleDigits:
		return look{shape: zeros, width: len(code)}
	default:
		return look{}
	}
}

// bare is the first section of a format code without texts, colours, conditions and fillers; isElapsed says that it counts hours, minutes
// or seconds beyond a day.
func bare(code string) (out string, isElapsed bool) {
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return b.String(), isElapsed
		case '"':
			n := strings.IndexByte(code[i+1:], '"')
			if n < 0 {
				return b.String(), isElapsed
			}
			i += n + 1
		case '\\', '_', '*':
			i++
		case '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return b.String(), isElapsed
			}
			inner := strings.ToLower(code[i+1 : i+n])
			isElapsed = isElapsed ||
				inner != "" && (strings.Trim(inner, "h") == "" || strings.Trim(inner, "m") == "" || strings.Trim(inner, "s") == "")
			i += n
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), isElapsed
}

// lookAt is the look of a cell's style; a cell without a style has the first.
func lookAt(looks []look, style []byte) look {
	if len(style) == 0 {
		style = []byte{'0'}
	}
	n, err := strconv.Atoi(string(style))
	if err != nil || n < 0 || n >= len(looks) {
		return look{}
	}
	return looks[n]
}
