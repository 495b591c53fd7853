package dedup

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// leastSpelled is how long a last name is that is not in a mailbox by chance.
const leastSpelled = 3

// maxEdges is how many pairs a scan keeps until they are groups.
const maxEdges = 4_000_000

// Told is what a scan has to say of how it went.
type Told struct {
	Rows     int `json:"rows" doc:"That were looked at."`
	Pairs    int `json:"pairs" doc:"Of rows that were compared."`
	Empty    int `json:"empty" doc:"Rows that have nothing in any of the columns."`
	Capped   int `json:"capped_blocks" doc:"Sets of rows too large to compare all with each other: only neighbours in order were."`
	InCapped int `json:"capped_rows" doc:"Rows in the largest of these."`
	Cut      int `json:"cut" doc:"Pairs or rows that were left out since there are too many."`
}

// Pair is two rows of a group, by their places in it, and how their keys agree.
type Pair struct {
	A     int     `json:"a"`
	B     int     `json:"b"`
	Score float64 `json:"score"`
	By    string  `json:"by"` // the level of each key, packed
}

// Group is rows that are probably the same. The first is the centre: all others agree with it.
type Group struct {
	Rows  []kernel.RowID `json:"rows"`
	Score float64        `json:"score"` // of the row that agrees least with the centre
	Pairs []Pair         `json:"pairs"` // all of them
}

// Scanner compares rows. It keeps what of them is compared, not the rows; their number and bytes are bounded.
type Scanner struct {
	def   Definition
	prior float64
	block blocker
	apart func(a, b kernel.RowKey) bool

	ids    []kernel.RowKey
	forms  []form // of each row, one for each key
	blocks []uint64
	ends   []int32 // of each row's part of blocks
	often  map[string]int32
	phones map[string]int32
	bytes  int
	told   Told
}

// NewScanner makes a scanner. apart reports of which rows, in the order of their keys, a person has said that they are not the same; it may
// be nil.
func NewScanner(d Definition, apart func(a, b kernel.RowKey) bool) (*Scanner, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if apart == nil {
		apart = func(kernel.RowKey, kernel.RowKey) bool { return false }
	}
	return &Scanner{
		def: d, prior: priorOf(d.Keys), block: blocker{maphash.MakeSeed(), d.Keys}, apart: apart,
		often: map[string]int32{}, phones: map[string]int32{},
	}, nil
}

// Add adds a row with its values, one for each key.
func (s *Scanner) Add(id kernel.RowKey, values []string) error {
	if len(s.ids) == MaxRows {
		return kernel.Invalid("table", "a scan looks at %d rows at most", MaxRows)
	}
	s.told.Rows++
	forms := make([]form, len(s.def.Keys))
	filled := false
	for i, k := range s.def.Keys {
		forms[i] = formOf(k.Match, values[i])
		filled = filled || forms[i].written != ""
		s.bytes += len(forms[i].written) + len(forms[i].normal)
		s.count(k.Match, forms[i])
	}
	if !filled {
		s.told.Empty++
		return nil
	}
	if s.bytes > MaxKept {
		return kernel.Invalid("keys", "these columns hold more text than a scan can keep (%d MB); choose fewer or shorter ones", MaxKept>>20)
	}
	var room [4 * MaxKeys]uint64
	s.blocks = append(s.blocks, s.block.blocksOf(forms, room[:0])...)
	s.ids, s.forms, s.ends = append(s.ids, id), append(s.forms, forms...), append(s.ends, int32(len(s.blocks)))
	return nil
}

// maxCounted is how many different words are counted.
const maxCounted = 500_000

// count counts the names and numbers that rows have.
func (s *Scanner) count(m Match, f form) {
	switch {
	case m == Name && f.normal != "" && len(s.often) < maxCounted:
		first, last, _ := nameParts(f.normal)
		s.often[longForm(first)]++
		s.often[last]++
	case m == Phone && f.normal != "" && len(s.phones) < maxCounted:
		s.phones[f.normal]++
	}
}

// Bounds from which on a name is one that many have, and a number that of a switchboard.
const (
	leastOften    = 5
	rowsPerOften  = 4_000
	sharedByPhone = 6
)

func (s *Scanner) isOften(word string) bool {
	return int(s.often[word]) >= max(leastOften, s.told.Rows/rowsPerOften)
}

// formsOf are the forms of a row.
func (s *Scanner) formsOf(row int32) []form {
	n := len(s.def.Keys)
	return s.forms[int(row)*n : int(row)*n+n]
}

// blocksOf are the blocks of a row.
func (s *Scanner) blocksOf(row int32) []uint64 {
	begin := int32(0)
	if row > 0 {
		begin = s.ends[row-1]
	}
	return s.blocks[begin:s.ends[row]]
}

// compare says how two rows agree.
func (s *Scanner) compare(a, b int32, by []Level) float64 {
	fa, fb := s.formsOf(a), s.formsOf(b)
	for i, k := range s.def.Keys {
		by[i] = levelOf(k.Match, fa[i], fb[i], s.isOften)
		if k.Match == Phone && (by[i] == Same || by[i] == Alike) && s.phones[fa[i].normal] >= sharedByPhone {
			by[i] = Common
		}
	}
	s.spelled(fa, by)
	return scoreOf(s.def.Keys, s.prior, by)
}

// spelled takes away what an address says beyond the name: people of one name have like addresses at any company.
func (s *Scanner) spelled(forms []form, by []Level) {
	for i, k := range s.def.Keys {
		if k.Match != Email || by[i] != Near {
			continue
		}
		local, _, _ := strings.Cut(forms[i].normal, sep)
		for j, other := range s.def.Keys {
			if other.Match == Name && by[j].Speaks() && spells(mailbox(local), forms[j].normal) {
				by[i] = Spelled
			}
		}
	}
}

// spells reports whether a mailbox has a person's last name in it.
func spells(box, name string) bool {
	_, last, _ := nameParts(name)
	return len(last) >= leastSpelled && strings.Contains(box, last)
}

// edge is a pair of rows that are probably the same.
type edge struct {
	a, b  int32
	score float32
}

// Groups compares the rows that were added and makes groups of them, those that are surest first. alive is told now and then how many
// pairs were compared; its error ends the work.
func (s *Scanner) Groups(alive func(pairs int) error) ([]Group, Told, error) {
	edges, err := s.edges(alive)
	if err != nil {
		return nil, s.told, err
	}
	groups := s.cluster(edges)
	if cut := len(groups) - MaxGroups; cut > 0 {
		groups, s.told.Cut = groups[:MaxGroups], s.told.Cut+cut
	}
	return groups, s.told, nil
}

// edges finds the pairs whose score reaches the threshold.
func (s *Scanner) edges(alive func(pairs int) error) ([]edge, error) {
	entries := make([]entry, 0, len(s.blocks))
	for row := range int32(len(s.ids)) {
		for _, b := range s.blocksOf(row) {
			entries = append(entries, entry{b, row})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.row, b.row)) })
	p := &pairing{s: s, by: make([]Level, len(s.def.Keys)), alive: alive, capped: map[uint64]bool{}}
	blocks := slices.Collect(chunks(entries))
	for _, block := range blocks {
		if len(block) > MaxBlock {
			p.capped[block[0].block] = true
			s.told.Capped++
			s.told.InCapped = max(s.told.InCapped, len(block))
		}
	}
	for _, block := range blocks {
		if err := p.block(block); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(p.out, func(x, y edge) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return slices.Compact(p.out), nil
}

// chunks are the runs of entries of one block.
func chunks(entries []entry) func(yield func([]entry) bool) {
	return func(yield func([]entry) bool) {
		for begin := 0; begin < len(entries); {
			end := begin
			for end < len(entries) && entries[end].block == entries[begin].block {
				end++
			}
			if !yield(entries[begin:end]) {
				return
			}
			begin = end
		}
	}
}

// pairing compares the rows of blocks.
type pairing struct {
	s      *Scanner
	by     []Level
	alive  func(int) error
	capped map[uint64]bool
	out    []edge
}

// perBeat is how many pairs are compared between two signs of life.
const perBeat = 100_000

// block compares the rows of a block: all with each other, or those of a large one with their neighbours.
func (p *pairing) block(block []entry) error {
	reach := len(block)
	if reach > MaxBlock {
		reach = neighbours + 1
		block = slices.Clone(block)
		slices.SortStableFunc(block, func(a, b entry) int { return p.order(a.row, b.row) })
	}
	for i := range block {
		for j := i + 1; j < min(len(block), i+reach); j++ {
			if err := p.pair(min(block[i].row, block[j].row), max(block[i].row, block[j].row), block[i].block); err != nil {
				return err
			}
		}
	}
	return nil
}

// order compares rows by their forms.
func (p *pairing) order(a, b int32) int {
	fa, fb := p.s.formsOf(a), p.s.formsOf(b)
	for i := range fa {
		if c := cmp.Compare(fa[i].normal, fb[i].normal); c != 0 {
			return c
		}
	}
	return 0
}

func (p *pairing) pair(a, b int32, block uint64) error {
	s := p.s
	before := block
	if p.capped[block] {
		before = ^uint64(0) // in any block that is compared as a whole
	}
	if p.shared(s.blocksOf(a), s.blocksOf(b), before) {
		return nil
	}
	if s.told.Pairs++; s.told.Pairs%perBeat == 0 {
		if err := p.alive(s.told.Pairs); err != nil {
			return err
		}
	}
	score := s.compare(a, b, p.by)
	switch {
	case score < s.def.Threshold || s.apart(ordered(s.ids[a], s.ids[b])):
	case len(p.out) == maxEdges:
		s.told.Cut++
	default:
		p.out = append(p.out, edge{a, b, float32(score)})
	}
	return nil
}

// shared reports whether two rows share a block before the given one that is compared as a whole: they are compared in that one.
func (p *pairing) shared(a, b []uint64, before uint64) bool {
	for len(a) > 0 && len(b) > 0 && a[0] < before && b[0] < before {
		switch {
		case a[0] == b[0]:
			if !p.capped[a[0]] {
				return true
			}
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}
