package table_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestFiltersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := table.Schema{Columns: []table.Column{{ID: "col_t", Name: "T", Type: table.Text}, {ID: "col_n", Name: "N", Type: table.Number}, {ID: "col_d", Name: "D", Type: table.Date}}}
	for _, raw := range []string{
		`[]`, `"x"`, `{}`, `{"and":[],"or":[]}`, `{"and":[{}]}`, `{"column":"col_none","op":"is","value":1}`,
		`{"column":"col_t","op":"is"}`, `{"column":"col_t","op":"is","value":{"a":1}}`, `{"column":"col_t","op":"like","value":"x"}`,
		`{"column":"col_n","op":"is","value":"abc"}`, `{"column":"col_n","op":"contains","value":"1"}`, `{"column":"col_n","op":"between","value":[1]}`,
		`{"column":"col_n","op":"in","value":1}`, `{"column":"col_n","op":"in","value":null}`, `{"column":"col_d","op":"relative","value":{"last":3}}`, `{"column":"col_d","op":"relative","value":{"last":3,"unit":"hour"}}`,
		`{"column":"col_d","op":"relative","value":{"last":-3,"unit":"day"}}`, `{"column":"col_t","op":"empty","value":1}`, `{"column":"col_t","op":"state","value":"odd"}`,
		`{"column":"col_t","op":"is","value":"a\u0000b"}`, `{"column":"col_t","op":"is","value":"x","extra":1}`, `{"column":"col_t","op":"contains_any","value":"x"}`, `{"column":"col_n","op":"contains_any","value":["1"]}`, `{"column":"col_t","op":"contains_any","value":[""]}`, `{"and":[{"column":"col_t"`, `{"column":"col_t","op":"contains","value":""}`,
	} {
		_, err := table.ParseFilter(json.RawMessage(raw), s)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), "%s: %v", raw, err)
	}
	deep := `{"column":"col_t","op":"empty"}`
	for range 20 {
		deep = `{"and":[` + deep + `]}`
	}
	_, err := table.ParseFilter(json.RawMessage(deep), s)
	require.Error(t, err)
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 15, 30, 0, 0, time.UTC) // a Wednesday
	tests := []struct {
		p        table.Period
		whole    bool
		from, to string
	}{
		{table.Period{This: "week"}, true, "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"},
		{table.Period{This: "month"}, true, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"},
		{table.Period{Last: 2, Unit: "day"}, true, "2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z"},
		{table.Period{This: "quarter"}, true, "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"},
		{table.Period{Last: 1, Unit: "quarter"}, true, "2025-12-04T00:00:00Z", "2026-03-05T00:00:00Z"},
		{table.Period{Next: 1, Unit: "year"}, true, "2026-03-04T00:00:00Z", "2027-03-05T00:00:00Z"},
		{table.Period{Last: 3, Unit: "hour"}, false, "2026-03-04T12:30:00Z", "2026-03-04T15:30:00.000001Z"},
	}
	for _, tc := range tests {
		from, to := tc.p.Bounds(now, tc.whole)
		require.Equal(t, tc.from, from.Format(time.RFC3339Nano), "%+v", tc.p)
		require.Equal(t, tc.to, to.Format(time.RFC3339Nano), "%+v", tc.p)
	}
}
