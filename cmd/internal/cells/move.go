package cells

import (
	"cmp"
	"slices"
)

// rebalance begins moves off the cells that have too much of something.
func (s *sim) rebalance(now float64) {
	for c := range s.cells {
		for s.cells[c].moves < atATime && s.over(c) > 0 && s.cells[c].lost <= now {
			if !s.begin(c, now) {
				break
			}
		}
	}
}

// over is by how much a cell is above the high mark, without what is on its way off.
func (s *sim) over(c int) float64 {
	bytes, load := s.cells[c].bytes, s.cells[c].load
	for _, i := range s.at[c] {
		if w := &s.spaces[i]; w.to >= 0 {
			bytes -= w.bytes
			load -= w.edits / s.writes()
		}
	}
	return max(bytes/s.storage(), load) - highMark
}

// begin copies the workspace to another cell that brings the cell below the mark with the fewest bytes, or the largest one that fits.
func (s *sim) begin(c int, now float64) bool {
	to := s.emptiest()
	if to == c || s.cells[to].lost > now {
		return false
	}
	room := lowMark*s.storage() - s.cells[to].bytes - s.coming(to)
	excess := s.over(c) * s.storage()
	var fit []int
	for _, i := range s.at[c] {
		w := &s.spaces[i]
		if w.to < 0 && (w.moved < 0 || now-w.moved >= rest) && w.bytes > 0 && w.bytes <= room && s.tail(w) < mostTail {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return false
	}
	slices.SortFunc(fit, func(a, b int) int { return cmp.Or(cmp.Compare(s.spaces[a].bytes, s.spaces[b].bytes), a-b) })
	at, _ := slices.BinarySearchFunc(fit, excess, func(i int, bytes float64) int { return cmp.Compare(s.spaces[i].bytes, bytes) })
	w := &s.spaces[fit[min(at, len(fit)-1)]]
	w.to, w.until = to, now+w.bytes/s.cfg.Machines.Copy/secondsAnHour
	s.cells[c].moves++
	return true
}

// coming is what is on its way to a cell.
func (s *sim) coming(c int) float64 {
	bytes := 0.0
	for i := range s.spaces {
		if s.spaces[i].to == c {
			bytes += s.spaces[i].bytes
		}
	}
	return bytes
}

// tail is how fast a workspace is written, to the speed of the copy.
func (s *sim) tail(w *space) float64 { return w.edits / editCost * cellBytes / s.cfg.Machines.Copy }

// arrive ends the moves whose copy has caught up: what was written meanwhile is copied again and again until a second of it is left, then
// writes are refused until that is there too and each router knows the new cell.
func (s *sim) arrive(now float64) {
	for i := range s.spaces {
		w := &s.spaces[i]
		if w.to < 0 || w.until > now || s.tail(w) >= mostTail {
			continue
		}
		from := w.cell
		pause := fence + min(lastTail, w.bytes/s.cfg.Machines.Copy*s.tail(w))
		s.pauses = append(s.pauses, pause)
		s.out.Moves++
		s.out.MovedBytes += w.bytes
		s.leave(i)
		s.join(i, w.to)
		s.cells[from].moves--
		s.cells[from].bytes -= w.bytes
		s.cells[w.to].bytes += w.bytes
		w.to, w.moved = -1, now
	}
}

// end makes the figures.
func (s *sim) end() Outcome {
	o := s.out
	total, fullest := 0.0, 0.0
	for c := range s.cells {
		total += s.cells[c].bytes
		fullest = max(fullest, s.cells[c].bytes)
	}
	o.Fullest = fullest / (total / float64(len(s.cells)))
	o.Late /= max(1, s.spent)
	o.Overfull /= max(1, s.ran)
	o.JobsP99 = quantile(s.slow, 0.99)                                      //nolint:mnd // 99 of 100
	o.PauseP50, o.PauseMax = quantile(s.pauses, 0.5), quantile(s.pauses, 1) //nolint:mnd // half
	sizes := make([]float64, len(s.spaces))
	for i := range s.spaces {
		sizes[i] = s.spaces[i].bytes
		o.Waiting += s.spaces[i].jobs
	}
	slices.Sort(sizes)
	top := 0.0
	for _, b := range sizes[len(sizes)-max(1, len(sizes)/100):] { //nolint:mnd // a hundredth
		top += b
	}
	o.TopShare = top / total
	return o
}

// quantile is the value that so large a share of the values do not exceed; 0 without any.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
