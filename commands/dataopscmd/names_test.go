package dataopscmd_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Columns keep the names that the file gives them; only those without a name of their own get one, and none that another column has.
func TestColumnsKeepTheirOwnNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	for header, want := range map[string][]string{
		"A,A,A 2,A":            {"A", "A 3", "A 2", "A 4"},
		"name,Name,NAME":       {"name", "Name 2", "NAME 3"},
		",Column 1,x":          {"Column 1 2", "Column 1", "x"},
		"x,,Column 2,":         {"x", "Column 2 2", "Column 2", "Column 4"},
		long + "," + long:      {long, long[:98] + " 2"},
		"\"a\nb\",a  b,\u200b": {"a b", "a b 2", "Column 3"},
	} {
		f := newFixture(t)
		up := f.upload("a.csv", header+"\n"+strings.Repeat("1,", strings.Count(header, ","))+"x\n")
		var got []string
		for _, c := range up.Columns {
			got = append(got, c.Name)
		}
		require.Equal(t, want, got, "%q", header)
	}
}
