package gridread_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// summaryOf puts the values into a column of the type, one a row, and sums them up.
func summaryOf(t *testing.T, typ table.Type, filter string, values ...string) gridview.ColumnSummary {
	t.Helper()
	f := newFixture(t, typ)
	col := f.tbl.Schema().Columns[0]
	fresh := make([]table.NewRow, len(values))
	for i, v := range values {
		fresh[i] = table.NewRow{ID: kernel.RowID(f.ids.New(kernel.PrefixRow)), Cells: map[kernel.ColumnID]json.RawMessage{col.ID: json.RawMessage(v)}}
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	var q gridview.Query
	if filter != "" {
		var err error
		q.Filter, err = table.ParseFilter([]byte(`{"column":"`+string(col.ID)+`",`+filter+`}`), f.tbl.Schema())
		require.NoError(t, err)
	}
	s, err := f.grid.Summary(t.Context(), f.info(t), q, col)
	require.NoError(t, err)
	return s
}

func TestASummarySaysWhatAColumnComesTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ    table.Type
		filter string
		values []string
		want   string
	}{
		"no rows":   {table.Number, "", nil, `{"rows":0,"filled":0,"distinct":0}`},
		"no values": {table.Text, "", []string{`null`, `null`}, `{"rows":2,"filled":0,"distinct":0}`},
		"one number": {
			table.Number, "",
			[]string{`7`, `null`, `7`},
			`{"rows":3,"filled":2,"distinct":1,"sum":"14","average":"7","min":7,"max":7}`,
		},
		"exact decimals": {
			table.Currency, `"op":"not_empty"`,
			[]string{`0.1`, `0.2`, `12345678901234567890.7`, `null`},
			`{"rows":3,"filled":3,"distinct":3,"sum":"12345678901234567891","average":"4115226300411522630.3","min":0.1,"max":"12345678901234567890.7"}`,
		},
		"options": {
			table.Select, "",
			[]string{`"hot"`, `"Wet"`, `"hot"`, `null`},
			`{"rows":4,"filled":3,"distinct":2,"top":[{"value":"hot","count":2},{"value":"Wet","count":1}]}`,
		},
		"several options in a cell": {
			table.MultiSelect, "",
			[]string{`["hot","Wet"]`, `["hot"]`},
			`{"rows":2,"filled":2,"distinct":2,"top":[{"value":"hot","count":2},{"value":"Wet","count":1}]}`,
		},
		"yes and no": {
			table.Boolean, "",
			[]string{`true`, `false`, `true`},
			`{"rows":3,"filled":3,"distinct":2,"top":[{"value":true,"count":2},{"value":false,"count":1}]}`,
		},
		"texts of the filter's rows": {
			table.Text, `"op":"contains","value":"app"`,
			[]string{`"apple"`, `"Apple"`, `"plum"`, `"äpfel"`},
			`{"rows":2,"filled":2,"distinct":1,"top":[{"value":"Apple","count":1},{"value":"apple","count":1}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := summaryOf(t, c.typ, c.filter, c.values...)
			s.Histogram = nil
			got, err := json.Marshal(s)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
		})
	}
}

// Every value is in one bucket, also the largest, and buckets begin where the smallest is.
func TestAHistogramHoldsEveryValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ         table.Type
		values      []string
		first, last string // what the first and the last bucket begin with
		counts      map[int]int64
	}{
		"numbers": {table.Number, []string{`0`, `1`, `19.5`, `20`, `20`, `null`}, `0`, `19`, map[int]int64{0: 1, 1: 1, 19: 3}},
		"dates": {
			table.Date,
			[]string{`"2026-01-01"`, `"2026-01-21"`, `"2026-01-11"`},
			`"2026-01-01"`, `"2026-01-20"`,
			map[int]int64{0: 1, 10: 1, 19: 1},
		},
		"moments": {
			table.DateTime,
			[]string{`"2026-01-01T01:00:00+01:00"`, `"2026-01-01T20:00:00Z"`},
			`"2026-01-01T00:00:00Z"`, `"2026-01-01T19:00:00Z"`,
			map[int]int64{0: 1, 19: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := summaryOf(t, c.typ, "", c.values...)
			require.Len(t, s.Histogram, gridview.SummaryBuckets)
			require.JSONEq(t, c.first, string(s.Histogram[0].From))
			require.JSONEq(t, c.last, string(s.Histogram[gridview.SummaryBuckets-1].From))
			for i, b := range s.Histogram {
				require.Equal(t, c.counts[i], b.Count, "bucket %d", i)
			}
		})
	}
}
