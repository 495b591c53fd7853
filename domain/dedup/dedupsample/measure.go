package dedupsample

import (
	"fmt"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
)

// Measured is how well a scan of made-up people finds the duplicates, by pairs.
type Measured struct {
	Rows, Groups      int
	Precision, Recall float64
	Told              dedup.Told
	// Wrong and Missed are a few pairs that were told and are not the same, and that are the same and were not told.
	Wrong, Missed [][2]Row
}

// Definition compares made-up people by all that they have.
func Definition() dedup.Definition {
	return dedup.Definition{Threshold: dedup.DefaultThreshold, Keys: []dedup.Key{
		{ColumnID: column(1), Match: dedup.Name},
		{ColumnID: column(2), Match: dedup.Email},   //nolint:mnd // the second column
		{ColumnID: column(3), Match: dedup.Phone},   //nolint:mnd // the third column
		{ColumnID: column(4), Match: dedup.Company}, //nolint:mnd // the fourth column
	}}
}

func column(n int) kernel.ColumnID {
	return kernel.ColumnID(fmt.Sprintf("%s_%026d", kernel.PrefixColumn, n))
}

const maxShown = 10

// Measure scans the rows and compares what is found with the truth.
func Measure(rows []Row, d dedup.Definition) (Measured, error) {
	m := Measured{Rows: len(rows)}
	s, err := dedup.NewScanner(d, nil)
	if err != nil {
		return m, err
	}
	for i, r := range rows {
		if err := s.Add(keyOf(i), []string{r.Name, r.Email, r.Phone, r.Company}); err != nil {
			return m, err
		}
	}
	groups, told, err := s.Groups(func(int) error { return nil })
	if err != nil {
		return m, err
	}
	m.Groups, m.Told = len(groups), told
	return m, m.judge(rows, groups)
}

func keyOf(i int) kernel.RowKey {
	return kernel.RowKey{12: byte(i >> 24), 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)} //nolint:mnd // big endian
}

func (m *Measured) judge(rows []Row, groups []dedup.Group) error {
	groupOf := make([]int, len(rows))
	told, right := 0, 0
	for n, g := range groups {
		at := make([]int, len(g.Rows))
		for i, id := range g.Rows {
			key, err := id.Key()
			if err != nil {
				return err
			}
			at[i] = int(key[12])<<24 | int(key[13])<<16 | int(key[14])<<8 | int(key[15])
			groupOf[at[i]] = n + 1
		}
		for i := range at {
			for j := range i {
				told++
				if a, b := rows[at[i]], rows[at[j]]; a.Entity == b.Entity {
					right++
				} else if len(m.Wrong) < maxShown {
					m.Wrong = append(m.Wrong, [2]Row{a, b})
				}
			}
		}
	}
	truth := map[int][]int{}
	for i, r := range rows {
		truth[r.Entity] = append(truth[r.Entity], i)
	}
	all := 0
	for _, same := range truth {
		for i := range same {
			for j := range i {
				all++
				if g := groupOf[same[i]]; (g == 0 || g != groupOf[same[j]]) && len(m.Missed) < maxShown {
					m.Missed = append(m.Missed, [2]Row{rows[same[j]], rows[same[i]]})
				}
			}
		}
	}
	m.Precision, m.Recall = float64(right)/float64(max(1, told)), float64(right)/float64(max(1, all))
	return nil
}
