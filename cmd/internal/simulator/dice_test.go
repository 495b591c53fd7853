package simulator_test

import "time"

// dice decides everything that is left to chance. A number follows from the seed and from what it is drawn for, never from the order in
// which goroutines ask: so a seed means the same schedule however the machine is loaded.
type dice uint64

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// hash continues an FNV-1a hash by the parts.
func hash(h uint64, parts ...string) uint64 {
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * fnvPrime
		}
		h = (h ^ 0xff) * fnvPrime
	}
	return h
}

// of returns the numbers that belong to what the parts name.
func (d dice) of(parts ...string) *draw {
	return &draw{hash(uint64(d)*0x9e3779b97f4a7c15^fnvOffset, parts...)}
}

// draw is a sequence of numbers (SplitMix64). It belongs to one goroutine.
type draw struct{ state uint64 }

func (r *draw) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float is at least 0 and less than 1.
func (r *draw) float() float64 { return float64(r.next()>>11) / (1 << 53) }

// chance is true with probability p.
func (r *draw) chance(p float64) bool { return r.float() < p }

// upTo is at least 0 and less than n.
func (r *draw) upTo(n int) int { return int(r.next() % uint64(n)) }

// between is at least lo and at most hi.
func (r *draw) between(lo, hi int) int { return lo + r.upTo(hi-lo+1) }

// within is more than 0 and at most d. It has nanoseconds, so that hardly two things happen at the same moment and their order is the seed's.
func (r *draw) within(d time.Duration) time.Duration {
	return 1 + time.Duration(r.next()%uint64(d))
}

// any returns one of the items.
func pick[T any](r *draw, items []T) T { return items[r.upTo(len(items))] }

// Read fills p, for ids.
func (r *draw) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.next() >> 56)
	}
	return len(p), nil
}
