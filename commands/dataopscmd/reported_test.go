package dataopscmd_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func (f *fixture) file(name string) dataops.Summary {
	f.t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	require.NoError(f.t, err)
	return f.upload(name, string(raw))
}

// imported uploads a file and imports it with the defaults.
func (f *fixture) imported(name, body string) dataops.Summary {
	f.t.Helper()
	up := f.upload(name, body)
	f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	return f.run(up.ID, dataopscmd.Limits{})
}

func typesOf(s dataops.Summary) string {
	var out []string
	for _, c := range s.Columns {
		text := c.SuggestedType
		if c.Form != nil && c.SuggestedType != "text" {
			text += strings.TrimRight(":"+c.Form.Decimal+c.Form.DateOrder, ":")
		}
		if len(c.Open) > 0 && c.SuggestedType != "text" {
			text += "?"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func noticesOf(s dataops.Summary) string {
	var out []string
	for _, n := range s.Notices {
		out = append(out, n.Code)
	}
	return strings.Join(out, " ")
}

// reported is what a file that people have reported of other programs comes to with the defaults.
type reported struct {
	types   string // of the columns
	notices string
	rows    [][]string    // the first ones
	failed  string        // the lines that were left out
	state   dataops.State // completed if empty
	says    string        // why it was not taken at all, or why it can't begin
}

func reportedFiles() map[string]reported {
	return map[string]reported{
		"b01a-quoted-newline-semicolon.csv":   {types: "number text long_text", rows: [][]string{{"1", "Oslo", "first line\nsecond line, with a comma\nthird, too"}, {"2", "Bergen", `he said "call me"`}, {"3", "Moss", "plain"}}},
		"b01b-quoted-newline-comma.csv":       {types: "number long_text", rows: [][]string{{"1", "line one\nline two"}, {"2", "short"}, {"3", `has "quotes" in it`}}},
		"b03a-quote-then-tab.csv":             {types: "text text number", rows: [][]string{{"\tMuster;Max", "1971", ""}, {"Beispiel", "Bea", "1984"}}},
		"b03b-space-before-quote.csv":         {types: "number text", rows: [][]string{{"0", "north, east"}, {"1", "south"}, {"2", " west"}}},
		"b04-preamble-trailing-ragged.csv":    {types: "date date number", notices: "title_lines surplus_fields", rows: [][]string{{"2026-09-01", "2026-09-30", "1200"}, {"2026-09-02", "", "980"}, {"2026-09-03", "", ""}}, failed: "8", state: dataops.StatePartial},
		"b05a-sep-semicolon.csv":              {types: "text text", rows: [][]string{{"Acme, Inc", "Lyon"}, {"Bolt", "Nice"}}},
		"b05b-sep-pipe.csv":                   {types: "text text", rows: [][]string{{"Acme, Inc; Ltd", "Lyon"}}},
		"b06a-bom-quoted-header.csv":          {types: "email text", rows: [][]string{{"ana@example.org", "Ana Muster"}}},
		"b06b-utf16le-bom.tsv":                {types: "email text", rows: [][]string{{"ana@example.org", "Åsa Søndergård 😀"}}},
		"b06c-utf16be-no-bom.csv":             {types: "email text", rows: [][]string{{"ana@example.org", "Łucja Żółć"}}},
		"b07a-cr-only.csv":                    {types: "text text", rows: [][]string{{"Acme", "Lyon"}, {"Bolt", "Nice"}, {"Cord", "Metz"}}},
		"b07b-mixed-ends.csv":                 {types: "text text", rows: [][]string{{"Acme", "Lyon"}, {"Bolt", "Ni\rce"}, {"Cord", "Metz"}}},
		"b09a-leading-zeros.csv":              {types: "text text text text", rows: [][]string{{"01067", "0351123456", "000123", "Dresden"}, {"00100", "0611223344", "012345678901", "Roma"}, {"20095", "04012345", "7", "Hamburg"}}},
		"b09b-long-ids.csv":                   {types: "text text", rows: [][]string{{"9007199254740993", "x"}, {"1234567890123456789", "x"}, {"11234567800033596096", "x"}, {"740245381351497731", "x"}, {"0.1", "x"}, {"100000000000220008", "x"}}},
		"b09c-long-ids.jsonl":                 {types: "text number:point", rows: [][]string{{"9007199254740993", "1"}, {"11234567800033596096", "0.30000000000000004"}, {"740245381351497731", "100"}}},
		"b11-na-null.csv":                     {types: "text text text number", rows: [][]string{{"NA", "NA", "Null", "1"}, {"EU", "NO", "None", ""}, {"AF", "NA", "nan", ""}, {"AS", "", "True", "3"}, {"OC", "NF", "Infinity", "4"}}},
		"b12-dmy-proved-late.csv":             {types: "number date:dmy", rows: [][]string{{"1", "2026-09-10"}, {"2", "2026-09-01"}}},
		"b14-european-numbers.csv":            {types: "text currency:comma percent:comma number:comma", rows: [][]string{{"A", "8000.01", "12.5", "-35.01"}, {"B", "1234567.89", "0.5", "2.4"}, {"C", "12", "100", "-3.1"}, {"D", "10237.65", "7", "-4"}, {"E", "1250", "1", "0"}}},
		"b15-booleans.csv":                    {types: "text text boolean number boolean", rows: [][]string{{"Ana", "false", "false", "0", "false"}, {"Bo", "true", "true", "1", "true"}, {"Cy", "", "", "", ""}, {"Di", "False", "false", "0", "false"}, {"Ed", "maybe", "true", "1", "true"}}},
		"b16-duplicate-headers.csv":           {types: "text email email number number", notices: "column_names", rows: [][]string{{"Ana", "a1@example.org", "a2@example.org", "111", "112"}, {"Bo", "b1@example.org", "", "211", "212"}}},
		"b18a-empty.csv":                      {says: "file: is empty"},
		"b18b-header-only.csv":                {types: "text text text", notices: "no_rows", state: dataops.StateFailed},
		"b18c-blank-header.csv":               {types: "text text number text", notices: "column_names", rows: [][]string{{"Ana", "x", "1", "y"}}},
		"b18d-bom-only.csv":                   {says: "file: holds no record, only blank lines"},
		"b18e-newlines-only.csv":              {says: "file: holds no record, only blank lines"},
		"b19a-unclosed-quote.csv":             {types: "number text", notices: "broken_records", rows: [][]string{{"1", "comment 1"}}, failed: "12", state: dataops.StatePartial},
		"b19b-unclosed-quote-then-quotes.csv": {types: "number text", notices: "broken_records", rows: [][]string{{"1", "comment 1"}}, failed: "12", state: dataops.StatePartial},
		"b22a-250-columns.csv":                {types: strings.TrimSpace(strings.Repeat("number ", 250)), notices: "too_many_columns", says: "mapping: the file has 250 columns and a table takes 200; say in mapping which to leave out"},
		"b22b-10000-columns.csv":              {says: "file: has 10000 columns; at most 1000 can be read. Take out those that are not needed and upload it again"},
		"b23-late-key.jsonl":                  {types: "number number json", rows: [][]string{{"0", "", ""}, {"1", "", ""}}},
		"b26-formulas.csv":                    {types: "text number:point text", notices: "escaped_formulas", rows: [][]string{{"=1+1", "-5", "+12015550123"}, {"-2+3+cmd", "-1234.56", "+442079460018"}, {"@sum", "0", "020 7946 0018"}, {"-- remark", "7", ""}, {"'=quoted already", "1", ""}, {"\tTab first", "2", ""}, {`=HYPERLINK("http://x.example","go")`, "3", ""}, {"São Paulo 서울", "4", ""}}},
		"b27-clipboard.tsv":                   {types: "text long_text number", rows: [][]string{{"Acme", "two\nlines", "1"}, {"Bolt", "a\ttab and \"quotes\"", "2"}, {"Cord", `5" pipe`, "3"}, {"Dune", "", "4"}}},
		"b28-days.csv":                        {types: "date:dmy datetime", rows: [][]string{{"2026-02-27", "2026-02-27T00:30:00+02:00"}, {"2026-02-28", "2026-02-27T23:30:00-05:00"}}},
		"b29-odd-years.csv":                   {types: "text", rows: [][]string{{"2026-02-28"}, {"20024-01-01"}, {"14444-05-05"}, {"-0"}, {"0000-01-01"}, {"0001-01-01 BC"}, {"0999-12-31"}, {"2026-02-30"}, {"infinity"}, {"9999-12-31"}}},
		"b30-empties.csv":                     {types: "text text number text", rows: [][]string{{"A", "customer", "10", "x"}, {"B", "", "", ""}, {"C", "lost", "0", "y"}, {"D", "customer", "", "x"}, {"E", "", "5", ""}}},
		"b31-punctuation.csv":                 {types: "text", rows: [][]string{{"Acme, Inc"}, {"Acme (North)"}, {"100% Juice"}, {"100 Juice"}, {"a_b"}, {"aXb"}, {`back\slash`}, {`say "hi"`}, {"O'Hara"}, {"(x,eq,y)~or(z"}, {"[1] *any?"}}},
		"b32-sort.csv":                        {types: "text", rows: [][]string{{"Zebra"}, {"apple"}, {"Ähhhh"}, {"Apple"}, {"étoile"}, {"Etage"}, {" leading"}, {"item 10"}, {"item 9"}, {"Łódź"}, {"Lodge"}, {"Øre"}, {"Orb"}, {"I"}, {"ı"}, {"İ"}, {"i"}}},
		"b47a-meta-1251.html":                 {says: "this is a web page or an XML document; save it as an Excel workbook (.xlsx), CSV or JSON and upload that"},
		"b49-bomb.html.gz":                    {says: "this is a gzip archive; save it as an Excel workbook (.xlsx), CSV or JSON and upload that"},
		"b53-row.json":                        {types: "json", rows: [][]string{{`[{"op":"insert","cells":{"name":"only once"}}]`}}},
		"b54-keyset.csv":                      {types: "text number date", rows: [][]string{{"row 00", "", ""}, {"row 01", "1", "2026-01-01"}, {"row 02", "1", ""}}},
		"b59-50-columns.csv":                  {types: strings.TrimSpace(strings.Repeat("date ", 25) + strings.Repeat("text ", 25)), rows: [][]string{append(slices.Repeat([]string{"2026-01-01"}, 25), slices.Repeat([]string{"5"}, 25)...)}},
	}
}

// Where the files are: those that are about the format are beside its reader.
const (
	ours   = "testdata/"
	theirs = "../../adapters/files/csvfile/testdata/"
)

func TestReportedFiles(t *testing.T) {
	t.Parallel()
	files := reportedFiles()
	for _, dir := range []string{ours, theirs} {
		found, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, file := range found {
			_, known := files[file.Name()]
			require.True(t, known || file.Name()[0] == '.', "%s has no outcome", file.Name())
		}
	}
	for file, want := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			newFixture(t).meets(file, want)
		})
	}
}

func (f *fixture) meets(file string, want reported) {
	t := f.t
	t.Helper()
	raw, err := os.ReadFile(ours + file)
	if err != nil {
		raw, err = os.ReadFile(theirs + file)
	}
	require.NoError(t, err)
	res, err := f.handlers.Upload(t.Context(), f.meta, dataopscmd.Upload{Filename: file, Body: bytes.NewReader(raw)})
	if want.types == "" {
		require.EqualError(t, err, want.says)
		return
	}
	require.NoError(t, err)
	up := res.Value
	require.Equal(t, want.types, typesOf(up))
	require.Equal(t, want.notices, noticesOf(up))
	begun, err := f.handlers.Commit(t.Context(), f.meta, dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	if want.says != "" {
		require.EqualError(t, err, want.says)
		return
	}
	require.NoError(t, err)
	done := f.run(up.ID, dataopscmd.Limits{})
	require.Equal(t, cmp.Or(want.state, dataops.StateCompleted), done.State)
	var lines []string
	for _, p := range f.problems(up.ID) {
		lines = append(lines, strconv.FormatInt(p.Line, 10))
	}
	require.Equal(t, want.failed, strings.Join(lines, " "))
	rows := f.cells(begun.Value.TableID)
	require.GreaterOrEqual(t, len(rows), len(want.rows))
	require.Equal(t, want.rows, append([][]string(nil), rows[:len(want.rows)]...))
}

func TestAFileOfTooManyColumns(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	wide := func(n int) string {
		var names, values []string
		for i := range n {
			names, values = append(names, fmt.Sprintf("c%d", i)), append(values, strconv.Itoa(i))
		}
		return strings.Join(names, ",") + "\n" + strings.Join(values, ",") + "\n"
	}
	_, err := f.handlers.Upload(t.Context(), f.meta, dataopscmd.Upload{Filename: "a.csv", Body: bytes.NewReader([]byte(wide(10_000)))})
	require.ErrorContains(t, err, "has 10000 columns; at most 1000 can be read")
	up := f.file("b22a-250-columns.csv")
	require.Equal(t, dataops.NoticeTooManyColumns, noticesOf(up))
	_, err = f.handlers.Commit(t.Context(), f.meta, dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	require.ErrorContains(t, err, "250 columns and a table takes 200")
	var mapping []dataopscmd.Mapping
	for i := range 200 {
		mapping = append(mapping, dataopscmd.Mapping{Index: i, NewColumn: &dataopscmd.NewColumn{Name: up.Columns[i].Name, Type: "text"}})
	}
	started := f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T", Mapping: mapping})
	require.Len(t, started.LeftOut, 50)
}

func TestKeysThatComeLateAreFound(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "{\"a\": %d}\n", i)
	}
	b.WriteString("{\"a\": 1, \"late\": \"x\"}\n{\"late\": \"y\", \"a\": 2, \"a\": 3}\n")
	up := f.upload("a.jsonl", b.String())
	require.Equal(t, "late", up.Columns[1].Name)
	f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	done := f.run(up.ID, dataopscmd.Limits{})
	require.Equal(t, []string{"1", "x"}, f.cells(done.TableID)[5000])
	require.Equal(t, `has the key "a" twice`, f.problems(up.ID)[0].Reason)
}

func TestNothingLeavesSilently(t *testing.T) {
	t.Parallel()
	const body = "Name,Employees,City,City\nAcme,12,Oslo,Rome\nBolt,many,x,\nCog,7,,,surplus\nDot,none at all,y,\n"
	mapping := []dataopscmd.Mapping{
		{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "Name", Type: table.Text}}, {Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "Employees", Type: table.Number}}, {Index: 2, Skip: true},
	}
	for _, keep := range []bool{false, true} {
		f := newFixture(t)
		up := f.upload("a.csv", body)
		require.Equal(t, "column_names surplus_fields", noticesOf(up))
		cmd := dataopscmd.Commit{ImportID: up.ID, NewTable: "T", Mapping: mapping, KeepRows: keep}
		check, err := f.handlers.StartCheck(t.Context(), f.meta, cmd)
		require.NoError(t, err)
		last := 0.0
		report, err := check.Run(t.Context(), func(p float64) { last = p })
		check.Close()
		require.NoError(t, err)
		require.InDelta(t, 1, last, 0)
		require.EqualValues(t, 4, report.Rows)
		require.EqualValues(t, 3, report.Lossy)
		require.Equal(t, []string{"City", "City 2"}, report.LeftOut)
		require.Equal(t, "Employees", report.Columns[0].Column)
		require.EqualValues(t, 2, report.Columns[0].Values)
		require.Equal(t, "many", report.Columns[0].Samples[0].Value)
		head, err := f.log.Head(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, head, "a check changes nothing")

		started := f.commit(cmd)
		done := f.run(up.ID, dataopscmd.Limits{})
		require.Equal(t, dataops.StatePartial, done.State)
		require.Equal(t, []string{"City", "City 2"}, done.LeftOut)
		problems := f.problems(up.ID)
		require.Equal(t, []string{"Bolt", "many", "x", ""}, problems[0].Row)
		if keep {
			require.Equal(t, [][]string{{"Acme", "12"}, {"Bolt", ""}, {"Cog", "7"}, {"Dot", ""}}, f.cells(started.TableID))
			require.True(t, problems[0].Kept)
		} else {
			require.Equal(t, [][]string{{"Acme", "12"}}, f.cells(started.TableID))
			require.Equal(t, []string{"Cog", "7", "", "", "surplus"}, problems[1].Row)
		}
	}
}

func TestAnImportOfWhichNothingCameInHasFailed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, says string }{
		"only a header": {"name,email\n", "the file has no rows"},
		"all bad":       {"Name,N\na,x\nb,y\n", "none of the 2 rows could be taken"},
		"all blank":     {"Name,N\n,\n,\n", "every row is blank"},
	} {
		f := newFixture(t)
		up := f.upload("a.csv", tc.body)
		header := true
		f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T", Header: &header, Mapping: []dataopscmd.Mapping{{Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "N", Type: table.Number}}}})
		done := f.run(up.ID, dataopscmd.Limits{})
		require.Equal(t, dataops.StateFailed, done.State, name)
		require.Contains(t, done.Error, tc.says, name)
	}
	f := newFixture(t)
	first := f.imported("a.csv", leads)
	again := f.upload("a.csv", leads)
	f.commit(dataopscmd.Commit{ImportID: again.ID, TableID: first.TableID, Mode: dataops.Upsert, KeyColumns: []string{"Name"}})
	require.Equal(t, dataops.StateCompleted, f.run(again.ID, dataopscmd.Limits{}).State, "all of it was there already")
}

func TestWhatAFileLeavesOpenIsAsked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	up := f.upload("a.csv", "Name,Booked\na,01/02/2026\nb,03/04/2026\n")
	require.Equal(t, "text date?", typesOf(up))
	_, err := f.handlers.Commit(t.Context(), f.meta, dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	require.ErrorContains(t, err, "day or the month first")
	mapping := []dataopscmd.Mapping{{Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "Booked", Type: table.Date}, Form: &dataops.Form{DateOrder: "mdy"}}}
	f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T", Mapping: mapping})
	done := f.run(up.ID, dataopscmd.Limits{})
	require.Equal(t, [][]string{{"2026-01-02"}, {"2026-03-04"}}, f.cells(done.TableID))
	require.Equal(t, table.MonthFirst, f.schema(done.TableID).Columns[0].Form.DateOrder)
}

func TestACurrencyIsTheFilesUnlessAnotherIsChosen(t *testing.T) {
	t.Parallel()
	for chosen, want := range map[string]string{"": "EUR", "CHF": "CHF"} {
		f := newFixture(t)
		up := f.upload("a.csv", "Name,Price\na,€1.50\nb,€2.25\n")
		f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T", KeepRows: true, Mapping: []dataopscmd.Mapping{
			{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "Name", Type: table.Text}},
			{Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "Price", Type: table.Currency, Currency: chosen}},
		}})
		done := f.run(up.ID, dataopscmd.Limits{})
		require.Equal(t, want, f.schema(done.TableID).Columns[1].CurrencyCode())
		require.Equal(t, chosen == "", f.cells(done.TableID)[0][1] == "1.50" || f.cells(done.TableID)[0][1] == "1.5", "an amount in another currency is no amount of the column")
	}
	f := newFixture(t)
	up := f.upload("a.csv", "Price\n1\n2\n")
	wrong := dataopscmd.NewColumn{Name: "Price", Type: table.Currency, Currency: "euro"}
	_, err := f.handlers.Commit(t.Context(), f.meta, dataopscmd.Commit{ImportID: up.ID, NewTable: "T", Mapping: []dataopscmd.Mapping{{Index: 0, NewColumn: &wrong}}})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
}

func TestAnUnsureEncodingIsChosenBeforeTheCommit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	up := f.upload("a.csv", "\xEF\xBB\xBFName;Town\nM\xFCller;K\xF6ln\n")
	require.True(t, up.Unsure)
	require.Equal(t, dataops.NoticeEncodingMark, noticesOf(up))
	require.Equal(t, dataops.Windows1252, up.Encodings[0].Encoding)
	require.Contains(t, up.Encodings[0].Samples, "Müller;Köln")
	_, err := f.handlers.Commit(t.Context(), f.meta, dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	chosen := dataops.Windows1252
	res, err := f.handlers.Preview(t.Context(), f.meta, dataopscmd.Preview{ImportID: up.ID, Choice: dataops.Choice{Encoding: &chosen}})
	require.NoError(t, err)
	require.False(t, res.Value.Unsure)
	require.Equal(t, "Name", res.Value.Columns[0].Name, "the mark is not part of the name")
	f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T"})
	require.Equal(t, [][]string{{"Müller", "Köln"}}, f.cells(f.run(up.ID, dataopscmd.Limits{}).TableID))
}

// A European file with what usually goes wrong.
const european = "Umsatzbericht;;;;;;\r\n\r\nFirma;Umsatz;Gegründet;Aktiv;;Ort;Ort\r\n" +
	"Müller & Söhne GmbH;1.234,56;31.12.2025;ja;x;Köln;Nürnberg\r\nBäckerei Weiß;-12,50;01.02.2024;nein;;Düsseldorf;\r\nÖko „Grün“;1.000.000,00;03.04.2023;ja;y;Fürth;Tübingen\r\n"

func TestAEuropeanFileComesInRightWithTheDefaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raw, err := charmap1252(european)
	require.NoError(t, err)
	up := f.upload("Umsätze.csv", raw)
	require.False(t, up.Unsure)
	require.Equal(t, dataops.Reading{Format: "csv", Encoding: "windows-1252", Delimiter: ";", Header: true, HeaderLine: 3}, up.Detected)
	require.Equal(t, "title_lines column_names column_names", noticesOf(up))
	started := f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "Umsätze"})
	done := f.run(up.ID, dataopscmd.Limits{})
	require.Equal(t, dataops.StateCompleted, done.State, "%v", f.problems(up.ID))
	var names []string
	for _, c := range f.schema(started.TableID).Columns {
		names = append(names, c.Name+":"+string(c.Type))
	}
	require.Equal(t, []string{"Firma:text", "Umsatz:number", "Gegründet:date", "Aktiv:boolean", "Column 5:text", "Ort:text", "Ort 2:text"}, names)
	require.Equal(t, [][]string{
		{"Müller & Söhne GmbH", "1234.56", "2025-12-31", "true", "x", "Köln", "Nürnberg"},
		{"Bäckerei Weiß", "-12.5", "2024-02-01", "false", "", "Düsseldorf", ""},
		{"Öko „Grün“", "1000000", "2023-04-03", "true", "y", "Fürth", "Tübingen"},
	}, f.cells(started.TableID))
}

func TestANameIsNeverCutWithoutAWord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	long := strings.Repeat("very long name ", 10)
	up := f.upload("a.csv", long+","+long+",n\n1,2,3\n")
	require.Equal(t, "column_names column_names", noticesOf(up))
	require.NotEqual(t, up.Columns[0].Name, up.Columns[1].Name)
	require.Equal(t, strings.TrimSpace(long), up.Columns[0].Header)
}
