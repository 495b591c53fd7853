package expression

import (
	"errors"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Budgets of one evaluation.
const (
	// MaxMade are the bytes that it may make, what it throws away included, and the values it reads from cells.
	MaxMade = 1 << 20
	// MaxTime is how long it may take. What it does is counted too (maxWork), so that whether an expression is within its budget
	// hardly ever depends on how busy the machine is: the clock is looked at only by evaluations that have done a lot.
	MaxTime = 50 * time.Millisecond
	// MaxList is how many elements a list may have that an expression makes or loops over.
	MaxList = 1000

	maxWork    = 600_000 // units of 10 to 20 ns
	checkEvery = 50_000  // units between looks at the clock
)

// Errors of an evaluation over its budget. They are the cell's, nobody else's.
var (
	ErrTooLarge = errors.New("the expression makes more than 1 MB; make its texts and lists shorter")
	ErrTooLong  = errors.New("the expression takes too long; make its texts, lists and patterns shorter")
)

// meter counts what an evaluation costs. It stops the evaluation by a panic with one of the errors above.
type meter struct {
	clock kernel.Clock // nil for a formula: what it makes must not depend on how busy the machine is, so only its work is counted
	until time.Time    // set by the first look at the clock
	made  int
	done  int
	next  int // the work at which the clock is looked at next
}

// charge accounts for n bytes that will be made.
func (m *meter) charge(n int) {
	if n < 0 || n > MaxMade {
		panic(ErrTooLarge)
	}
	m.made += rounded(n)
	if m.made > MaxMade {
		panic(ErrTooLarge)
	}
	m.work(n>>6 + 1)
}

// rounded is what the allocator takes for n bytes: its classes of size are up to an eighth apart, above 32 KB a page of 8 KB.
func rounded(n int) int {
	const small, page = 32 << 10, 8 << 10
	if n > small {
		return (n + page - 1) / page * page
	}
	return n + n>>3
}

// work accounts for n units of work that will be done.
func (m *meter) work(n int) {
	if n < 0 || n > maxWork-m.done {
		panic(ErrTooLong)
	}
	m.done += n
	if m.done >= m.next {
		m.next = m.done + checkEvery
		m.checkTime()
	}
}

// read accounts for reading n bytes.
func (m *meter) read(n int) { m.work(n>>4 + 1) }

// walk accounts for going through n bytes character by character, which takes about four times as long as reading them.
func (m *meter) walk(n int) { m.work(n>>2 + 1) }

// checkTime stops the evaluation when half its time is over; the other half is for what comes before the first check, which checkEvery
// bounds, and between the last two.
func (m *meter) checkTime() {
	if m.clock == nil {
		return
	}
	now := m.clock.Now()
	if m.until.IsZero() {
		m.until = now.Add(MaxTime / 2)
		return
	}
	if now.After(m.until) {
		panic(ErrTooLong)
	}
}

// list accounts for a list of n elements that will be made.
func (m *meter) list(n int) {
	if n > MaxList {
		panic(errLongList)
	}
	m.charge(n*elementSize + headerSize)
}

const (
	elementSize = 32 // an interface and what it points to
	headerSize  = 24
	scalarSize  = 16
)

var errLongList = errors.New("a list of more than 1,000 elements is not possible in an expression")
