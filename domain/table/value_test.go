package table_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func column(t table.Type) table.Column {
	return table.Column{ID: "col_1", Name: "Thing", Type: t, Options: []table.Option{{ID: "1", Name: "hot"}, {ID: "2", Name: "cold, wet"}}}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typ      table.Type
		in, want string // want "" is an error
	}{
		{table.Text, `"a\u00e9"`, `"aé"`},
		{table.Text, `""`, `null`},
		{table.Text, `{"a":1}`, ``},
		{table.Text, `12`, ``},
		{table.Text, `["x"]`, ``},
		{table.Text, `null`, `null`},
		{table.Text, `"` + strings.Repeat("é", 8000) + `"`, `"` + strings.Repeat("é", 8000) + `"`},
		{table.Text, `"` + strings.Repeat("é", 8001) + `"`, ``},
		{table.LongText, `"` + strings.Repeat("x", 64<<10) + `"`, `"` + strings.Repeat("x", 64<<10) + `"`},
		{table.LongText, `"` + strings.Repeat("x", 64<<10+1) + `"`, ``},
		{table.Number, `12.50`, `12.5`},
		{table.Number, `-0.0`, `0`},
		{table.Number, `1e3`, `1000`},
		{table.Number, `1.5E-3`, `0.0015`},
		{table.Number, `"12345678901234567890.123"`, `12345678901234567890.123`},
		{table.Number, `"1,000"`, `1000`},
		{table.Number, `true`, ``},
		{table.Number, `"` + strings.Repeat("9", 38) + `"`, strings.Repeat("9", 38)},
		{table.Number, `"` + strings.Repeat("9", 39) + `"`, ``},
		{table.Number, `1e999999999`, ``},
		{table.Boolean, `true`, `true`},
		{table.Boolean, `"true"`, `true`},
		{table.Boolean, `1`, ``},
		{table.Date, `"2024-02-29"`, `"2024-02-29"`},
		{table.Date, `"2023-02-29"`, ``},
		{table.Date, `"0000-01-01"`, ``},
		{table.DateTime, `"2024-02-29T10:00:00+02:00"`, `"2024-02-29T10:00:00+02:00"`},
		{table.DateTime, `"2024-02-29 10:00:00.1234567Z"`, `"2024-02-29T10:00:00.123456Z"`},
		{table.DateTime, `"2024-02-29T10:00:00"`, `"2024-02-29T10:00:00Z"`},
		{table.Email, `" a@b.co "`, `"a@b.co"`},
		{table.Email, `"a@b"`, ``},
		{table.URL, `"example.com/x"`, `"example.com/x"`},
		{table.URL, `"javascript:alert(1)"`, ``},
		{table.URL, `"https://"`, ``},
		{table.Phone, `"+41 44 668 18 00"`, `"+41 44 668 18 00"`},
		{table.Phone, `"hello"`, ``},
		{table.Select, `"hot"`, `"hot"`},
		{table.Select, `"tepid"`, ``},
		{table.MultiSelect, `["hot","hot","cold, wet"]`, `["hot","cold, wet"]`},
		{table.MultiSelect, `[]`, `null`},
		{table.MultiSelect, `[1]`, ``},
		{table.User, `"usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"`, `"usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"`},
		{table.User, `"ann"`, ``},
		{table.JSON, ` { "a" : [ 1 ] } `, `{"a":[1]}`},
		{table.CreatedAt, `"2024-02-29T10:00:00Z"`, ``},
	}
	for _, tc := range tests {
		got, _, err := table.Parse(column(tc.typ), json.RawMessage(tc.in), false)
		if tc.want == "" {
			require.Error(t, err, "%s %.60s", tc.typ, tc.in)
			continue
		}
		require.NoError(t, err, "%s %.60s", tc.typ, tc.in)
		require.Equal(t, tc.want, string(got), "%s %.60s", tc.typ, tc.in)
	}
}

func TestParseText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typ      table.Type
		in, want string
	}{
		{table.Number, "1,234,567.80", "1234567.8"},
		{table.Number, "1'000", "1000"},
		{table.Number, "1 000", "1000"},
		{table.Number, "1,23", ""},
		{table.Number, "1.234,5", ""},
		{table.Number, "(12.5)", "-12.5"},
		{table.Number, "abc", ""},
		{table.Currency, "$ 1,200", "1200"},
		{table.Currency, "-$5.50", "-5.5"},
		{table.Currency, "-€5.50", ""},
		{table.Currency, "12 EUR", ""},
		{table.Percent, "12.5 %", "12.5"},
		{table.Boolean, "Yes", "true"},
		{table.Boolean, "0", "false"},
		{table.Boolean, "maybe", ""},
		{table.Date, "31/12/1999", `"1999-12-31"`},
		{table.Date, "12/31/1999", `"1999-12-31"`},
		{table.Date, "03/04/2026", ""},
		{table.Date, "5 Mar 2020", `"2020-03-05"`},
		{table.DateTime, "2024-01-02 03:04", `"2024-01-02T03:04:00Z"`},
		{table.DateTime, "2024-01-02", `"2024-01-02T00:00:00Z"`},
		{table.MultiSelect, "hot; hot", `["hot"]`},
		{table.Select, "  hot ", `"hot"`},
		{table.Text, "  kept  ", `"  kept  "`},
		{table.JSON, "{bad", ""},
		{table.JSON, `{"a":[1e999999]}`, ""},
		{table.JSON, `{"a":1e-400}`, ""},
		{table.Number, "  ", "null"},
	}
	for _, tc := range tests {
		got, _, err := table.ParseText(column(tc.typ), tc.in, false)
		if tc.want == "" {
			require.Error(t, err, "%s %q", tc.typ, tc.in)
			continue
		}
		require.NoError(t, err, "%s %q", tc.typ, tc.in)
		require.Equal(t, tc.want, string(got), "%s %q", tc.typ, tc.in)
	}
}

// canonical draws a value of a type in its canonical form.
func canonical(typ table.Type) *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		switch typ {
		case table.Number, table.Currency, table.Percent:
			whole, frac := rapid.StringMatching(`-?[1-9][0-9]{0,18}`).Draw(t, "whole"), rapid.StringMatching(`(\.[0-9]{0,17}[1-9])?`).Draw(t, "fraction")
			return json.RawMessage(whole + frac)
		case table.Boolean:
			return json.RawMessage(rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool"))
		case table.Date:
			return table.Quote(time.Unix(rapid.Int64Range(-60e9, 250e9).Draw(t, "seconds"), 0).UTC().Format("2006-01-02"))
		case table.DateTime:
			zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "zone"))
			return table.Quote(table.FormatMoment(time.UnixMicro(rapid.Int64Range(-60e15, 250e15).Draw(t, "micros")).In(zone)))
		case table.MultiSelect:
			return json.RawMessage(rapid.SampledFrom([]string{`["hot"]`, `["cold, wet","hot"]`, `["cold, wet"]`}).Draw(t, "list"))
		case table.Select:
			return json.RawMessage(rapid.SampledFrom([]string{`"hot"`, `"cold, wet"`}).Draw(t, "option"))
		default:
			s := rapid.StringN(1, 40, -1).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }).Draw(t, "text")
			return table.Quote(s)
		}
	})
}

func TestWhatIsWrittenAsTextReadsBackTheSame(t *testing.T) {
	t.Parallel()
	for _, typ := range []table.Type{table.Text, table.Number, table.Currency, table.Percent, table.Boolean, table.Date, table.DateTime, table.Select, table.MultiSelect} {
		rapid.Check(t, func(t *rapid.T) {
			v := canonical(typ).Draw(t, "value")
			col := column(typ)
			again, _, err := table.Parse(col, v, false)
			require.NoError(t, err, "%s", v)
			require.Equal(t, string(v), string(again), "a canonical value is its own canonical form")
			back, _, err := table.ParseText(col, table.Format(col, v), false)
			require.NoError(t, err, "%s", v)
			require.Equal(t, string(v), string(back))
		})
	}
}

func TestNumbersKeepTheirValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?([eE][+-]?[0-9])?`).Draw(t, "number")
		got, _, err := table.Parse(column(table.Number), json.RawMessage(in), false)
		require.NoError(t, err, in)
		want, ok := new(big.Rat).SetString(in)
		require.True(t, ok)
		have, ok := new(big.Rat).SetString(string(got))
		require.True(t, ok, "%s", got)
		require.Zero(t, want.Cmp(have), "%s became %s", in, got)
		require.True(t, json.Valid(got))
	})
}

func TestQuoteIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		var back string
		require.NoError(t, json.Unmarshal(table.Quote(s), &back))
		require.Equal(t, s, back)
	})
}

func TestBlocksHoldEveryChangeOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		var changes []table.CellChange
		for range rapid.IntRange(0, 3000).Draw(t, "changes") {
			c := table.CellChange{
				Row: kernel.RowID(rapid.StringMatching(`row_[A-C][0-9]{2}`).Draw(t, "row")), Column: kernel.ColumnID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "col")),
				Value: json.RawMessage(rapid.SampledFrom([]string{"1", "2", "null"}).Draw(t, "value")),
			}
			changes = append(changes, c)
			want[string(c.Row)+string(c.Column)] = string(c.Value)
		}
		got := map[string]string{}
		for _, b := range table.Blocks(changes) {
			require.NoError(t, b.Chunk.Check())
			require.LessOrEqual(t, b.Chunk.Cells(), kernel.MaxChunkCells)
			for col, vs := range b.Chunk.Cols {
				require.Len(t, b.Old[col], len(vs))
				for i, v := range vs {
					key := string(b.Chunk.Rows[i]) + string(col)
					require.NotContains(t, got, key)
					got[key] = string(v)
				}
			}
		}
		require.Equal(t, want, got)
	})
}
