package dedup

import (
	"cmp"
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// contradiction is the score below which two rows of a group would say that they are not the same.
const contradiction = 0.1

// link is a row that another one is probably the same as.
type link struct {
	row   int32
	score float32
}

// cluster makes groups of pairs. A chain of pairs is no group: each row of a group agrees with its centre by itself, and contradicts no
// other one. The rows that most agree with are the centres.
func (s *Scanner) cluster(edges []edge) []Group {
	near := map[int32][]link{}
	for _, e := range edges {
		near[e.a] = append(near[e.a], link{e.b, e.score})
		near[e.b] = append(near[e.b], link{e.a, e.score})
	}
	weight := make(map[int32]float32, len(near))
	centres := make([]int32, 0, len(near))
	for row, links := range near {
		centres = append(centres, row)
		slices.SortFunc(links, func(x, y link) int { return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.row, y.row)) })
		for _, l := range links {
			weight[row] += l.score
		}
	}
	slices.SortFunc(centres, func(x, y int32) int { return cmp.Or(cmp.Compare(weight[y], weight[x]), cmp.Compare(x, y)) })
	taken := map[int32]bool{}
	var groups []Group
	for _, centre := range centres {
		if taken[centre] {
			continue
		}
		if g, rows := s.around(centre, near[centre], taken); len(rows) > 1 {
			groups = append(groups, g)
			for _, row := range rows {
				taken[row] = true
			}
		}
	}
	slices.SortStableFunc(groups, func(x, y Group) int { return cmp.Compare(y.Score, x.Score) })
	return groups
}

// around is the group of a centre: the free rows that agree with it and contradict none that is in the group already.
func (s *Scanner) around(centre int32, links []link, taken map[int32]bool) (Group, []int32) {
	rows := []int32{centre}
	g := Group{Score: 1}
	for _, l := range links {
		if taken[l.row] {
			continue
		}
		if len(rows) == MaxGroup {
			s.told.Cut++
			continue
		}
		pairs, ok := s.fits(rows, l.row)
		if !ok {
			continue
		}
		g.Score = min(g.Score, pairs[0].Score)
		g.Pairs = append(g.Pairs, pairs...)
		rows = append(rows, l.row)
	}
	for _, row := range rows {
		g.Rows = append(g.Rows, s.ids[row].RowID())
	}
	return g, rows
}

// fits compares a row with those of a group; false if it contradicts one of them.
func (s *Scanner) fits(rows []int32, row int32) ([]Pair, bool) {
	pairs := make([]Pair, len(rows))
	for i, other := range rows {
		by := make([]Level, len(s.def.Keys))
		score := s.compare(other, row, by)
		if score < contradiction || s.apart(ordered(s.ids[other], s.ids[row])) {
			return nil, false
		}
		pairs[i] = Pair{A: i, B: len(rows), Score: score, By: PackLevels(by)}
	}
	return pairs, true
}

// ordered puts two keys in order.
func ordered(a, b kernel.RowKey) (kernel.RowKey, kernel.RowKey) {
	if slices.Compare(a[:], b[:]) > 0 {
		return b, a
	}
	return a, b
}
