package simulator_test

import "time"

// profile is what a seed breaks, and how often. Each seed breaks some things only (swarm testing): faults that always come together hide
// what one of them alone would show.
type profile struct {
	processes int
	steps     int // that clients ask for
	clients   int
	rows      int // that the table begins with
	hooks     int // webhooks; the first wants its events in order

	crash, stop  float64 // at a call of a port: the process dies on the spot, or is told to stop
	crashes      int     // that a seed has at most
	freeze       float64 // at a call: the whole process stands still for a while and then goes on, as one that was suspended
	frozen       time.Duration
	fail, lose   float64 // a store fails before the call, or its answer is lost
	slow         float64
	slowest      time.Duration
	drop, double float64 // of the bus's deliveries
	late         float64
	latest       time.Duration
	silent       bool          // nobody is told that the log has grown
	reign        time.Duration // after which a leader may lose its place without noticing; 0 never
	skew         time.Duration // by which what processes know of the time differs

	wrongFrom, wrongUntil, wrongBy time.Duration // when the database's clock is wrong, and by how much

	vendorFails, vendorLimits, vendorLoses, vendorSlow float64
	away                                               float64 // Temporal can't be reached
	forgets                                            int     // how often Temporal forgets everything
	unheard                                            float64 // an attempt whose heartbeats get lost is begun again beside itself
	unsaid                                             float64 // an attempt's answer gets lost
}

// newProfile draws a seed's profile.
func newProfile(d dice) profile {
	r := d.of("profile")
	some := func(p, most float64) float64 { // 0, or up to most
		if !r.chance(p) {
			return 0
		}
		return most * r.float() * r.float()
	}
	p := profile{
		processes: r.between(1, 2), steps: r.between(10, 20), clients: r.between(1, 3), rows: r.between(3, 6), hooks: max(0, r.between(-1, 2)),
		crash: some(0.6, 0.02), stop: some(0.3, 0.005), crashes: r.between(1, 6),
		freeze: some(0.4, 0.02), frozen: r.within(time.Minute), fail: some(0.5, 0.08), lose: some(0.5, 0.08), slow: some(0.5, 0.05), slowest: r.within(8 * time.Second),
		drop: some(0.5, 0.6), double: some(0.4, 0.5), late: some(0.5, 0.5), latest: r.within(4 * time.Second),
		silent:      r.chance(0.1),
		vendorFails: some(0.4, 0.3), vendorLimits: some(0.3, 0.2), vendorLoses: some(0.4, 0.2), vendorSlow: some(0.4, 0.3),
		away: some(0.3, 0.3), unheard: some(0.3, 0.3), unsaid: some(0.3, 0.3),
	}
	if r.chance(0.4) {
		p.reign = r.within(20 * time.Second)
	}
	if r.chance(0.3) {
		p.skew = r.within(2 * time.Second)
	}
	if r.chance(0.2) {
		p.wrongFrom = r.within(30 * time.Second)
		p.wrongUntil = p.wrongFrom + r.within(time.Minute)
		p.wrongBy = r.within(20 * time.Minute)
		if r.chance(0.5) { // by more than anything is put off for, so that it shows; less is waited for
			p.wrongBy = 13*time.Hour + r.within(11*time.Hour)
		}
		if r.chance(0.5) {
			p.wrongBy = -p.wrongBy
		}
	}
	if r.chance(0.25) {
		p.forgets = r.between(1, 2)
	}
	return p
}
