package table_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestAViewOfAnEarlierReleaseKeepsItsGroup(t *testing.T) {
	t.Parallel()
	var v table.View
	require.NoError(t, json.Unmarshal([]byte(`{"id":"viw_1","name":"V","group_by":"col_a","sort":[{"column":"col_b","dir":"desc"}]}`), &v))
	require.Equal(t, []table.Group{{Column: "col_a", Dir: table.Ascending}}, v.Groups)
	require.Equal(t, kernel.ViewID("viw_1"), v.ID)
	require.Equal(t, []table.Sort{{Column: "col_b", Dir: table.Descending}}, v.Sort)
	again, err := json.Marshal(v)
	require.NoError(t, err)
	var same table.View
	require.NoError(t, json.Unmarshal(again, &same))
	require.Equal(t, v, same)
}

func TestGroupsAndAggregatesAreReadFromAURL(t *testing.T) {
	t.Parallel()
	s := table.Schema{Columns: []table.Column{{ID: "col_t", Name: "T", Type: table.Text}, {ID: "col_n", Name: "N", Type: table.Number}, {ID: "col_d", Name: "D", Type: table.Date}}}
	groups, err := table.ReadGroups("col_t,col_n:desc,col_d:asc:week", s)
	require.NoError(t, err)
	require.Equal(t, []table.Group{{Column: "col_t", Dir: "asc"}, {Column: "col_n", Dir: "desc"}, {Column: "col_d", Dir: "asc", Unit: table.ByWeek}}, groups)
	_, err = table.ReadGroups("col_t,col_n,col_d,col_t", s)
	require.ErrorContains(t, err, "at most 3")
	_, err = table.ReadGroups("col_d:asc:fortnight", s)
	require.ErrorContains(t, err, "day, week, month, quarter or year")
	of, err := table.ReadAggregates("col_n:avg,col_d:max,col_t:empty", s)
	require.NoError(t, err)
	require.Equal(t, []table.Aggregate{{Column: "col_n", Of: table.Average}, {Column: "col_d", Of: table.Max}, {Column: "col_t", Of: table.Unset}}, of)
	_, err = table.ReadAggregates("col_d:sum", s)
	require.ErrorContains(t, err, "min, max, filled, empty")
}
