// Package cells simulates the plan past one machine: workspaces of very different sizes over cells, each a Postgres with its projectors for
// a set of workspaces, and a router that knows which cell takes the writes of which workspace. It answers how workspaces are placed, when
// they are moved, what a hot workspace does to its neighbours, and what a lost cell costs. It is a model: no code that serves anybody.
package cells

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Units of time.
const (
	day           = 24
	secondsAnHour = 3600
)

// Placement is how the cell of a workspace is chosen.
type Placement string

// The placements.
const (
	Hash  Placement = "hash"  // by the workspace's id, for ever
	Least Placement = "least" // the cell that has least, for ever
	Moved Placement = "moved" // the cell that has least, and workspaces are moved off cells that have too much
)

// Placements are all of them.
func Placements() []Placement { return []Placement{Hash, Least, Moved} }

// Machines is what all cells have together. It is split among them, so that few large cells are compared with many small ones.
type Machines struct {
	Writes  float64 // cells a second that are written, projected and indexed
	Bytes   float64 // of storage
	Copy    float64 // bytes a second at which a workspace is copied beside the work of its cell
	Restore float64 // bytes a second at which a lost cell is restored
}

// Config of one simulation.
type Config struct {
	Seed       uint64
	Workspaces int
	Cells      int
	Days       int
	Placement  Placement
	Machines   Machines
}

// Rules of moves.
const (
	highMark = 0.7  // of a cell's storage or of its writes over a day: workspaces move off
	lowMark  = 0.6  // and no cell is filled beyond by a move
	rest     = 48.0 // hours that a workspace stays where it was moved to
	atATime  = 2    // moves from a cell
	smooth   = 1.0 / day
	fence    = 2.0  // seconds in which writes are refused until each router knows the new cell
	mostTail = 0.25 // of the copy's speed: a workspace that is written faster is not moved now
	lastTail = 1.0  // seconds of copying that are left when writes are refused
	reserve  = 0.05 // of a cell's writes that a copy takes
	detect   = 90.0 // seconds until a cell counts as lost
	// evenly is how much of a cell all workspaces weigh by their number, so that of equal cells the one with fewer takes a new one.
	evenly     = 1.0 / 24
	burstShare = 0.9 // of a cell's writes that people and jobs may use together
)

// cell is one of the cells.
type cell struct {
	bytes float64
	load  float64 // of its writes that are used, over a day
	moves int     // from it, under way
	lost  float64 // hour until which it is restored
}

// sim is a simulation under way.
type sim struct {
	cfg    Config
	r      *rand.Rand
	spaces []space
	cells  []cell
	at     [][]int // workspaces of each cell
	out    Outcome
	slow   []float64 // how many times longer jobs took than alone
	pauses []float64 // of each move, in seconds
	spent  float64   // hours of workspaces in a cell
	ran    float64   // hours of cells
}

// Outcome is what came of a simulation.
type Outcome struct {
	Cells      int       `json:"cells"`
	Placement  Placement `json:"placement"`
	Fullest    float64   `json:"fullest_to_mean"`         // storage of the fullest cell to the mean, at the end
	Busiest    float64   `json:"busiest_hour"`            // writes that people want in the worst hour, to what a cell can
	Late       float64   `json:"late_workspace_hours"`    // share of hours in which a workspace's people had to wait
	Overfull   float64   `json:"overfull_cell_hours"`     // share of hours in which a cell had more than its storage
	JobsP99    float64   `json:"jobs_p99"`                // how many times longer than alone jobs took, 99 of 100
	Moves      int       `json:"moves"`                   // from cell to cell
	MovedBytes float64   `json:"moved_bytes"`             // by them
	PauseP50   float64   `json:"pause_p50_seconds"`       // in which a moved workspace's writes were refused
	PauseMax   float64   `json:"pause_max_seconds"`       //
	Hit        float64   `json:"lost_cell_workspaces"`    // share of the workspaces in the cell that has most
	Back       float64   `json:"lost_cell_minutes"`       // until the fullest cell is back
	Wanted     float64   `json:"-"`                       // cells that jobs and people wanted to write
	Written    float64   `json:"-"`                       // that were written
	Waiting    float64   `json:"-"`                       // that wait at the end
	TopShare   float64   `json:"top_percent_share_bytes"` // of all bytes that the largest hundredth of the workspaces has
}

// Run simulates.
func Run(cfg Config) Outcome {
	s := &sim{cfg: cfg, cells: make([]cell, cfg.Cells), at: make([][]int, cfg.Cells)}
	s.r = rand.New(rand.NewPCG(cfg.Seed, 1)) //nolint:gosec // a model
	s.spaces = spaces(s.r, cfg.Workspaces, cfg.Days)
	s.out.Cells, s.out.Placement = cfg.Cells, cfg.Placement
	hours := cfg.Days * day
	lostAt := hours * 3 / 4 //nolint:mnd // when the cells have grown
	for hour := range hours {
		s.hour(float64(hour), hour == lostAt)
	}
	return s.end()
}

// hour lets an hour pass.
func (s *sim) hour(now float64, loses bool) {
	for i := range s.spaces {
		w := &s.spaces[i]
		if w.born*day > now {
			continue
		}
		if w.cell < 0 {
			s.join(i, s.place(i))
		}
		before := w.jobs
		w.wants(s.r, now)
		s.out.Wanted += w.jobs - before
	}
	for c := range s.cells {
		s.cells[c].bytes = 0
		for _, i := range s.at[c] {
			s.cells[c].bytes += s.spaces[i].bytes
		}
	}
	if loses {
		s.lose(now)
	}
	for c := range s.cells {
		s.work(c, now)
	}
	if s.cfg.Placement == Moved {
		s.arrive(now)
		s.rebalance(now)
	}
}

func (s *sim) writes() float64  { return s.cfg.Machines.Writes / float64(s.cfg.Cells) }
func (s *sim) storage() float64 { return s.cfg.Machines.Bytes / float64(s.cfg.Cells) }

// place chooses the cell of a new workspace. How large it will become is not known.
func (s *sim) place(i int) int {
	if s.cfg.Placement == Hash {
		return int(uint64(i+1) * 0x9E3779B97F4A7C15 >> 33 % uint64(s.cfg.Cells)) //nolint:mnd // Fibonacci hashing
	}
	return s.emptiest()
}

// emptiest is the cell that has least of what it has most of.
func (s *sim) emptiest() int {
	best := 0
	for c := range s.cells {
		if s.full(c) < s.full(best) {
			best = c
		}
	}
	return best
}

// full is how much of a cell is used: of its storage or its writes, of what more is.
func (s *sim) full(c int) float64 {
	used := max(s.cells[c].bytes/s.storage(), s.cells[c].load)
	return used + float64(len(s.at[c]))/float64(max(1, len(s.spaces)))*evenly
}

func (s *sim) join(i, c int) {
	s.spaces[i].cell = c
	s.at[c] = append(s.at[c], i)
}

func (s *sim) leave(i int) {
	c := s.spaces[i].cell
	at := slices.Index(s.at[c], i)
	s.at[c] = slices.Delete(s.at[c], at, at+1)
}

// work writes what is wanted in an hour: first what people do, then the jobs, each workspace's by an equal share.
func (s *sim) work(c int, now float64) {
	people := 0.0
	for _, i := range s.at[c] {
		people += s.spaces[i].edits
	}
	can := s.writes() * (1 - reserve*float64(s.cells[c].moves))
	if s.cells[c].lost > now {
		can *= 1 - min(1, s.cells[c].lost-now)
	}
	s.out.Busiest = max(s.out.Busiest, people/s.writes())
	s.spent += float64(len(s.at[c]))
	s.ran++
	if s.cells[c].bytes > s.storage() {
		s.out.Overfull++
	}
	if people > can {
		s.out.Late += float64(len(s.at[c]))
	}
	s.out.Wanted += people * secondsAnHour
	s.out.Written += people * secondsAnHour // late, not lost
	left := max(0, can*burstShare-people) * secondsAnHour
	used := s.jobs(c, now, left)
	s.cells[c].load += ((people+used/secondsAnHour)/s.writes() - s.cells[c].load) * smooth
}

// jobs shares what a cell can still write among its workspaces' jobs: those that need least are done first, so none waits for a large one.
// Those of one hour begin together.
func (s *sim) jobs(c int, now, left float64) float64 {
	var busy []int
	for _, i := range s.at[c] {
		if s.spaces[i].jobs > 0 {
			busy = append(busy, i)
		}
	}
	slices.SortFunc(busy, func(a, b int) int { return cmp.Or(cmp.Compare(s.spaces[a].jobs, s.spaces[b].jobs), a-b) })
	used := 0.0
	for n, i := range busy {
		w := &s.spaces[i]
		done := min(w.jobs, (left-used)/float64(len(busy)-n))
		used += done
		if w.jobs -= done; w.jobs <= 0 {
			alone := w.asked / (s.writes() * burstShare * secondsAnHour)
			s.slow = append(s.slow, (now-w.begun+used/(s.writes()*burstShare*secondsAnHour))/alone)
		}
	}
	s.out.Written += used
	return used
}

// lose loses the fullest cell: it is restored as a whole elsewhere, and nothing is written to it until then.
func (s *sim) lose(now float64) {
	worst, joined, most := 0, 0, 0
	for c := range s.cells {
		joined += len(s.at[c])
		most = max(most, len(s.at[c]))
		if s.cells[c].bytes > s.cells[worst].bytes {
			worst = c
		}
	}
	seconds := detect + s.cells[worst].bytes/s.cfg.Machines.Restore
	s.cells[worst].lost = now + seconds/secondsAnHour
	s.out.Hit, s.out.Back = float64(most)/float64(max(1, joined)), seconds/60 //nolint:mnd // seconds a minute
}
