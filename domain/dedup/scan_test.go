package dedup_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
)

func key(i int) kernel.RowKey { return kernel.RowKey{14: byte(i >> 8), 15: byte(i)} }

func columnID(i int) kernel.ColumnID { return kernel.ColumnID(fmt.Sprintf("col_%026d", i)) }

func definition(matches ...dedup.Match) dedup.Definition {
	d := dedup.Definition{Threshold: dedup.DefaultThreshold}
	for i, m := range matches {
		d.Keys = append(d.Keys, dedup.Key{ColumnID: columnID(i), Match: m})
	}
	return d
}

func scan(t *testing.T, d dedup.Definition, apart func(a, b kernel.RowKey) bool, rows ...[]string) ([]dedup.Group, dedup.Told) {
	t.Helper()
	s, err := dedup.NewScanner(d, apart)
	require.NoError(t, err)
	for i, r := range rows {
		require.NoError(t, s.Add(key(i), r))
	}
	groups, told, err := s.Groups(func(int) error { return nil })
	require.NoError(t, err)
	return groups, told
}

// TestTwoValuesOfAKey: what counts as the same by each way of comparing, when it alone is asked.
func TestTwoValuesOfAKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		match dedup.Match
		a, b  string
		same  bool
	}{
		{dedup.Exact, "A-1", "A-1", true},
		{dedup.Exact, "A-1", "a-1", false},
		{dedup.Email, "Rob.Miller@acme.com", "rob.miller+news@acme.com", true},
		{dedup.Email, "rob.miller@gmail.com", "robmiller@googlemail.com", true},
		{dedup.Email, "rob.miller@acme.com", "rob.miler@acme.com", true},
		{dedup.Email, "rmiller@acme.com", "tmiller@acme.com", false},
		{dedup.Email, "miller1@acme.com", "miller2@acme.com", false},
		{dedup.Email, "info@acme.com", "info@other.com", false},
		{dedup.Domain, "https://www.acme.com/en", "acme.com", true},
		{dedup.Domain, "gmail.com", "gmail.com", false},
		{dedup.Phone, "+41 44 668 18 00", "0041 (0)44 668-18-00 ext. 7", true},
		{dedup.Phone, "044 668 18 00", "+41446681800", true},
		{dedup.Phone, "+41446681800", "+41446681877", false},
		{dedup.Name, "Robert Miller", "Miller, Bob", true},
		{dedup.Name, "Dr. José Álvarez", "jose alvarez", true},
		{dedup.Name, "John Smith", "John Smith Jr.", false},
		{dedup.Name, "John Smith", "Mary Smith", false},
		{dedup.Company, "Müller & Söhne GmbH & Co. KG", "muller and sohne", true},
		{dedup.Company, "The Acme Corporation", "ACME Inc.", true},
		{dedup.Company, "Acme Bank", "Acme Foods", false},
		{dedup.Text, "12 Long  Street, Bern", "12 long street bern", true},
		{dedup.Text, "12 Long Street", "14 Long Street", false},
	} {
		groups, _ := scan(t, definition(c.match), nil, []string{c.a}, []string{c.b})
		require.Equal(t, c.same, len(groups) == 1, "%s: %q and %q", c.match, c.a, c.b)
		if c.same {
			require.Len(t, groups[0].Pairs, 1)
			require.NotEmpty(t, dedup.Reason(c.match, dedup.Levels(groups[0].Pairs[0].By)[0]))
		}
	}
}

// TestNamesakesAtTwoCompaniesAreNotTheSame: an address that spells the name says nothing that the name has not said.
func TestNamesakesAtTwoCompaniesAreNotTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		a, b [4]string
		same bool
	}{
		{"whole names", [4]string{"Daniel Gonzalez", "daniel.gonzalez@acme.com"}, [4]string{"Daniel Gonzalez", "daniel.gonzalez@other.io"}, false},
		{"an initial", [4]string{"Anthony Olsen", "aolsen@acme.com"}, [4]string{"anthony olsen", "aolsen@other.de"}, false},
		{"a short form", [4]string{"Elizabeth Brown", "ebrown@acme.com"}, [4]string{"Liz Brown", "ebrown@other.com"}, false},
		{"written with signs", [4]string{"José Álvarez", "jose_alvarez@acme.com"}, [4]string{"Jose Alvarez", "jose.alvarez@other.com"}, false},
		{
			"the same number",
			[4]string{"Daniel Gonzalez", "dgonzalez@acme.com", "+18222130102"},
			[4]string{"Daniel Gonzalez", "dgonzalez@other.io", "(822) 213-0102"},
			true,
		},
		{"a box of their own", [4]string{"Daniel Gonzalez", "sailor77blue@acme.com"}, [4]string{"Daniel Gonzalez", "sailor77blue@other.io"}, true},
	} {
		groups, _ := scan(t, definition(dedup.Name, dedup.Email, dedup.Phone, dedup.Company), nil, c.a[:], c.b[:])
		require.Equal(t, c.same, len(groups) == 1, c.what)
	}
}

// TestAChainIsNoGroup: each name is like the next, and no group reaches from one end to the other.
func TestAChainIsNoGroup(t *testing.T) {
	t.Parallel()
	chain := []string{"anna larsen", "anna larsan", "anna lirsan", "anna lirsxn", "anna lyrsxn"}
	var rows [][]string
	for _, name := range chain {
		rows = append(rows, []string{name, "same@acme.com"})
	}
	for i := range rows {
		rows[i][1] = ""
		rows[i] = append(rows[i], "Acme Ltd")
	}
	d := definition(dedup.Name, dedup.Email, dedup.Company)
	d.Threshold = 0.5
	groups, _ := scan(t, d, nil, rows...)
	require.NotEmpty(t, groups)
	for _, g := range groups {
		require.Less(t, len(g.Rows), len(chain))
		for _, p := range g.Pairs {
			if p.A == 0 {
				require.GreaterOrEqual(t, p.Score, 0.5, "each row agrees with the centre")
			}
		}
	}
}

func TestWhatIsSaidToBeDistinctIsNoGroup(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"same@acme.com"}, {"same@acme.com"}, {"same@acme.com"}}
	groups, _ := scan(t, definition(dedup.Email), func(a, b kernel.RowKey) bool { return a == key(0) && b == key(1) }, rows...)
	require.Len(t, groups, 1)
	require.Len(t, groups[0].Rows, 2)
}

// TestALargeBlockIsToldAndStillSearched: rows that all share something are compared with their neighbours.
func TestALargeBlockIsToldAndStillSearched(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i := range 500 {
		rows = append(rows, []string{fmt.Sprintf("given%c family%c%c", 'a'+i%26, 'a'+i%25, 'a'+i/25), "Acme Ltd"})
	}
	rows = append(rows, rows[100])
	groups, told := scan(t, definition(dedup.Name, dedup.Company), nil, rows...)
	require.Positive(t, told.Capped)
	require.Equal(t, 501, told.InCapped)
	require.NotEmpty(t, groups)
}

func TestDefinitionsAreBounded(t *testing.T) {
	t.Parallel()
	require.NoError(t, definition(dedup.Name).Validate())
	for _, d := range []dedup.Definition{
		definition(), definition("sound"),
		definition(dedup.Name, dedup.Name, dedup.Name, dedup.Name, dedup.Name, dedup.Name),
		{Threshold: 0.2, Keys: definition(dedup.Name).Keys},
		{Threshold: 0.8, Keys: []dedup.Key{{ColumnID: columnID(1), Match: dedup.Name}, {ColumnID: columnID(1), Match: dedup.Text}}},
	} {
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(d.Validate()), "%+v", d)
	}
}
