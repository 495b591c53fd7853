package cells

import (
	"math"
	"math/rand/v2"
)

// Shape of the made-up workspaces. Sizes follow a power law, as those of any service that anybody can sign up for: a few hold most of it.
const (
	skew         = 1.12      // exponent of the power law
	smallest     = 100 << 20 // bytes that a workspace grows to at least
	largest      = 200 << 30 // and at most
	cellBytes    = 1_400     // that the log and its copies keep for a cell that is edited; `morket bench bytes` measures it
	growDays     = 120       // that a workspace grows for
	oldShare     = 0.7       // of the workspaces are there at the start
	editsPerDay  = 0.03      // of the cells of a workspace are edited by people in a day
	editCost     = 25        // cells of a job that cost as much as an edit, which is an append of its own
	jobsPerDay   = 0.3       // imports and runs of a workspace in a day
	jobLeast     = 0.002     // share of a workspace's cells that a job writes
	jobMost      = 0.2       //
	hotShare     = 0.002     // of the workspaces are hot at any time
	hotTimes     = 40        // as many edits as else
	hotHours     = 6         //
	hoursOfWork  = 10        // of a day
	nightlyShare = 0.1       // of the edits of an hour of work, in another hour
)

// zones are when the day of work begins, in hours UTC, and how many of ten workspaces are there: Europe, both coasts of America, India,
// Japan.
var zones = [10]int{6, 6, 7, 7, 13, 13, 13, 16, 3, 23} //nolint:gochecknoglobals // a table

// space is a workspace.
type space struct {
	final float64 // bytes that it grows to
	born  float64 // day, which may be before the start
	zone  int
	hot   float64 // hour until which it is hot
	jobs  float64 // cells that jobs have still to write
	begun float64 // hour in which the oldest of these jobs began
	asked float64 // cells that they had to write
	cell  int     // that takes its writes; -1 before it signed up
	moved float64 // hour of its last move
	until float64 // hour until which it is being copied to
	to    int     //
	bytes float64 // that it has now
	edits float64 // what people write now, in cells of a job a second
}

// spaces makes the workspaces. The same seed makes the same ones.
func spaces(r *rand.Rand, n, days int) []space {
	out := make([]space, n)
	for i := range out {
		s := space{cell: -1, to: -1, moved: -1, zone: zones[r.IntN(len(zones))]}
		s.final = min(largest, smallest*math.Pow(1-r.Float64(), -1/skew))
		s.born = -growDays * 2 * r.Float64()
		if r.Float64() > oldShare {
			s.born = float64(days) * r.Float64()
		}
		out[i] = s
	}
	return out
}

// grown is what a workspace has on a day.
func (s *space) grown(day float64) float64 {
	age := (day - s.born) / growDays
	if age <= 0 {
		return 0
	}
	return s.final * math.Min(1, math.Sqrt(age))
}

// wants sets what people write in an hour, and begins a job now and then.
func (s *space) wants(r *rand.Rand, hour float64) {
	s.bytes = s.grown(hour / day)
	rate := s.bytes / cellBytes * editsPerDay / (hoursOfWork * secondsAnHour)
	if local := math.Mod(hour-float64(s.zone)+day, day); local >= hoursOfWork {
		rate *= nightlyShare
	}
	if s.hot <= hour && r.Float64() < hotShare/hotHours {
		s.hot = hour + hotHours
	}
	if s.hot > hour {
		rate *= hotTimes
	}
	s.edits = rate * editCost
	if r.Float64() >= jobsPerDay/day {
		return
	}
	share := jobLeast * math.Pow(jobMost/jobLeast, r.Float64())
	if s.jobs == 0 {
		s.begun, s.asked = hour, 0
	}
	more := s.bytes / cellBytes * share
	s.jobs, s.asked = s.jobs+more, s.asked+more
}
