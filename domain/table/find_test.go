package table_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/table"
)

func found(values ...string) table.Found {
	f := table.NewFinder()
	for _, v := range values {
		f.Add(v)
	}
	return f.Found()
}

func TestFinderDecidesByAllValues(t *testing.T) {
	t.Parallel()
	comma, point := &table.Form{Decimal: table.Comma}, &table.Form{Decimal: table.Point}
	dmy, mdy := &table.Form{DateOrder: table.DayFirst}, &table.Form{DateOrder: table.MonthFirst}
	tests := map[string]struct {
		values   string
		typ      table.Type
		form     *table.Form
		currency string
		open     []table.OpenChoice
	}{
		"a comma late":              {"1.234 2.500 0,75", table.Number, comma, "", nil},
		"a point late":              {"1,234 2,500 0.75", table.Number, point, "", nil},
		"nothing decides":           {"1,234 2,500", table.Number, nil, "", []table.OpenChoice{table.OpenDecimal}},
		"both occur":                {"1,5 1.5", table.Text, nil, "", nil},
		"no sign at all":            {"12 30 7", table.Number, nil, "", nil},
		"european prices":           {"8.000,01|1.234.567,89 €|€ 12|10 237,65|1'250,00", table.Currency, comma, "EUR", nil},
		"mixed currencies":          {"€5|$5", table.Text, nil, "", nil},
		"percentages":               {"12,5 %|0,5%|100%|7%|1 %", table.Percent, comma, "", nil},
		"signs of all kinds":        {"-35,01|+2,40|(3,10)|−4,00|0", table.Number, comma, "", nil},
		"versions":                  {"1.9 1.10 1.11", table.Text, nil, "", nil},
		"postcodes":                 {"01067 00100 20095", table.Text, nil, "", nil},
		"phones":                    {"6502530000 4155550100", table.Text, nil, "", nil},
		"long identifiers":          {"9007199254740993 1", table.Text, nil, "", nil},
		"day first, proved late":    {"10/09/2026 01/09/2026 30/09/2026", table.Date, dmy, "", nil},
		"month first":               {"10/09/2026 09/30/2026", table.Date, mdy, "", nil},
		"open order":                {"10/09/2026 01/09/2026", table.Date, nil, "", []table.OpenChoice{table.OpenOrder}},
		"both orders":               {"13/04/2026 04/13/2026", table.Text, nil, "", nil},
		"dots":                      {"03.04.2026 05.06.2026", table.Date, dmy, "", nil},
		"iso":                       {"2026-02-28 2026-03-01", table.Date, nil, "", nil},
		"one that is none":          {"2026-02-28 2026-02-30", table.Text, nil, "", nil},
		"versions are no dates":     {"1.2.34 1.2.35", table.Text, nil, "", nil},
		"names with years":          {"Acme 2026|about 2020", table.Text, nil, "", nil},
		"times":                     {"2026-02-27T00:30:00+02:00|2026-02-27T23:30:00-05:00", table.DateTime, nil, "", nil},
		"yes and no":                {"true false TRUE", table.Boolean, nil, "", nil},
		"ja and nein":               {"ja nein Ja", table.Boolean, nil, "", nil},
		"one that is neither":       {"false true maybe", table.Text, nil, "", nil},
		"zeros and ones":            {"0 1 1", table.Number, nil, "", nil},
		"countries":                 {"NO NO SE", table.Text, nil, "", nil},
		"one side only":             {"NO NO", table.Text, nil, "", nil},
		"addresses":                 {"a@b.co c@d.co", table.Email, nil, "", nil},
		"nothing":                   {" ", table.Text, nil, "", nil},
		"words for what is missing": {"1 N/A -", table.Text, nil, "", nil},
	}
	for name, tc := range tests {
		sep := " "
		if strings.Contains(tc.values, "|") {
			sep = "|"
		}
		got := found(strings.Split(tc.values, sep)...)
		require.Equal(t, tc.typ, got.Type, name)
		require.Equal(t, tc.open, got.Ambiguous, name)
		if tc.typ != table.Text {
			require.Equal(t, tc.form, got.Form, name)
			require.Equal(t, tc.currency, got.Currency, name)
		}
	}
}

func TestFinderCountsWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	f := table.NewFinder()
	for _, v := range []string{"03/04/2026", "13/04/2026", "14/04/2026", "soon"} {
		f.Add(v)
	}
	choices := f.Choices(table.Date)
	require.Equal(t, table.Choice{Form: &table.Form{DateOrder: table.DayFirst}, Fits: 3, Misfits: 1, Samples: []string{"soon"}}, choices[0])
	require.Equal(t, int64(3), choices[1].Misfits)
}

func TestColumnsOfAFileSettleTogether(t *testing.T) {
	t.Parallel()
	a, b := found("1,5", "2,5"), found("1,234", "2,500")
	c, d := found("13/04/2026"), found("03/04/2026")
	table.DecideTogether([]*table.Found{&a, &b, &c, &d})
	require.Empty(t, b.Ambiguous)
	require.Equal(t, table.Comma, b.Form.Decimal)
	require.Empty(t, d.Ambiguous)
	require.Equal(t, table.DayFirst, d.Form.DateOrder)
}

// A change of type in the log from before there were rules converts as it did then.
func TestConvertByTheRulesOfTheChange(t *testing.T) {
	t.Parallel()
	text, day := table.Column{Type: table.Text}, table.Column{Type: table.DateTime}
	amount := table.Column{Type: table.Currency, Format: &table.NumberFormat{Currency: "USD"}}
	old, _ := table.Convert(text, amount, table.Quote("€5"), nil)
	require.Equal(t, "5", string(old))
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := table.RulesNow(berlin)
	_, ok := table.Convert(text, amount, table.Quote("€5"), &now)
	require.False(t, ok)
	old, _ = table.Convert(text, day, table.Quote("2026-03-31 14:05"), nil)
	require.JSONEq(t, `"2026-03-31T14:05:00Z"`, string(old))
	fresh, _ := table.Convert(text, day, table.Quote("2026-03-31 14:05"), &now)
	require.JSONEq(t, `"2026-03-31T14:05:00+02:00"`, string(fresh))
}

func TestPeriodsBeginInTheZoneOfNow(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	now := time.Date(2026, 3, 30, 16, 0, 0, 0, time.UTC).In(tokyo) // it is Tuesday there
	from, to := table.Period{This: "day"}.Bounds(now, false)
	require.Equal(t, "2026-03-30T15:00:00Z", from.UTC().Format(time.RFC3339))
	require.Equal(t, 24*time.Hour, to.Sub(from))
}
