package xlsxfile

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRel    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsRels   = "http://schemas.openxmlformats.org/package/2006/relationships"
	nsTypes  = "http://schemas.openxmlformats.org/package/2006/content-types"
	typeBook = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// styles are those of the style constants. The second fill is one that every program expects there.
const styles = xmlHead + `<styleSheet xmlns="` + nsMain + `"><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/>` +
	`<numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/><numFmt numFmtId="166" formatCode="General&quot;%&quot;"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
	`<fill><patternFill patternType="solid"><fgColor rgb="FFEDEFF3"/><bgColor indexed="64"/></patternFill></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">` +
	`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

// parts writes what a workbook has besides its sheets.
func (w *Writer) parts(names []string) {
	var types, book, rels strings.Builder
	types.WriteString(xmlHead + `<Types xmlns="` + nsTypes + `"><Default Extension="rels" ContentType="application/vnd.openxmlformats-` +
		`package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + typeBook + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + typeBook + `styles+xml"/>`)
	book.WriteString(xmlHead + `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRel + `"><bookViews><workbookView/></bookViews><sheets>`)
	rels.WriteString(xmlHead + `<Relationships xmlns="` + nsRels + `">` +
		`<Relationship Id="rId0" Type="` + nsRel + `/styles" Target="styles.xml"/>`)
	for i, name := range names {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, typeBook)
		fmt.Fprintf(&book, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, appendEscaped(nil, name), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, nsRel, n)
	}
	types.WriteString("</Types>")
	book.WriteString("</sheets></workbook>")
	rels.WriteString("</Relationships>")
	for _, p := range []struct{ name, text string }{
		{"xl/styles.xml", styles},
		{"xl/workbook.xml", book.String()},
		{"xl/_rels/workbook.xml.rels", rels.String()},
		{"_rels/.rels", xmlHead + `<Relationships xmlns="` + nsRels + `"><Relationship Id="rId1" Type="` + nsRel +
			`/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", types.String()},
	} {
		if _, err := io.WriteString(w.part(p.name), p.text); err != nil && w.err == nil {
			w.err = err
		}
	}
}

// cutSheet writes the sheet that lists the texts that were cut, and returns its name.
func (w *Writer) cutSheet(names []string) string {
	w.sheets++
	w.out = bufio.NewWriter(w.part("xl/worksheets/sheet" + strconv.Itoa(w.sheets) + ".xml"))
	w.write(xmlHead + `<worksheet xmlns="` + nsMain + `"><sheetData>`)
	w.row, w.maxRows = 0, MaxRows
	line := func(texts ...string) {
		w.startRow()
		for _, t := range texts {
			w.text(t, styleText)
		}
		w.endRow()
	}
	line(fmt.Sprintf("%d texts are longer than the %d characters that a cell of a workbook takes, and were cut. CSV, JSON and Parquet have "+
		"all of them.", w.cuts, MaxCellText))
	line("Sheet", "Cell", "Characters")
	columns := w.letters
	w.letters = []string{"A", "B", "C"}
	for _, c := range w.cut {
		w.startRow()
		w.text(names[min(c.sheet, len(names))-1], styleText)
		w.text(c.cell, styleText)
		w.value("", "", strconv.AppendInt(nil, int64(c.length), 10))
		w.endRow()
	}
	w.letters = columns
	w.end()
	return "Cut texts"
}

// maxSheetName is how many characters a sheet's name may have.
const maxSheetName = 31

// sheetNames are the names of the table's sheets.
func (w *Writer) sheetNames() []string {
	var out []string
	for i := range w.sheets {
		out = append(out, SheetName(w.name, i+1))
	}
	return out
}

// SheetName makes a text fit for a name of the n-th sheet.
func SheetName(name string, n int) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || strings.ContainsRune(`[]:*?/\`, r) {
			return '_'
		}
		return r
	}, name)
	suffix := ""
	if n > 1 {
		suffix = " (" + strconv.Itoa(n) + ")"
	}
	name = strings.Trim(name, "' ")
	for utf16Len(name)+len(suffix) > maxSheetName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	name = strings.TrimRight(name, "' ")
	if name == "" || strings.EqualFold(name, "history") || strings.EqualFold(name, "cut texts") { // Excel keeps the first for itself
		name = "Sheet"
	}
	return name + suffix
}

func utf16Len(s string) int {
	n, _ := fits(s)
	return n
}

// spaced reports whether programs would trim the text.
func spaced(s string) bool {
	if s == "" {
		return false
	}
	first, last := s[0], s[len(s)-1]
	return first <= ' ' || last <= ' ' || strings.ContainsAny(s, "\n\t")
}

// appendEscaped appends text as XML has it. What XML can't hold is written as _xHHHH_ (ECMA-376, ST_Xstring), and what looks like that
// is protected in the same way.
func appendEscaped(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		size := 1
		var as string
		switch {
		case c == '&':
			as = "&amp;"
		case c == '<':
			as = "&lt;"
		case c == '>':
			as = "&gt;"
		case c == '"':
			as = "&quot;"
		case c == '_' && isEscape(s[i:]):
			as = "_x005F_"
		case c < ' ' && c != '\t' && c != '\n':
			as = fmt.Sprintf("_x%04X_", c)
		case c == 0xEF && strings.HasPrefix(s[i:], "\uFFFE"), c == 0xEF && strings.HasPrefix(s[i:], "\uFFFF"):
			r, n := utf8.DecodeRuneInString(s[i:])
			as, size = fmt.Sprintf("_x%04X_", r), n
		default:
			i++
			continue
		}
		b = append(append(b, s[from:i]...), as...)
		i += size
		from = i
	}
	return append(b, s[from:]...)
}

// isEscape reports whether the text begins like _xHHHH_.
func isEscape(s string) bool {
	const length = 7
	if len(s) < length || s[1] != 'x' || s[length-1] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:length-1], 16, 16)
	return err == nil
}
