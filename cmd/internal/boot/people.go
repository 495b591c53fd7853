package boot

import (
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
)

// people knows whether requests come to this process.
type people struct {
	clock kernel.Clock
	last  atomic.Int64 // when the last one came, in nanoseconds since 1970
}

// peopleAway is after what time without a request nobody is taken to be at work.
const peopleAway = 500 * time.Millisecond

// note is a middleware that notes each request as it comes.
func (p *people) note(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		p.last.Store(p.clock.Now().UnixNano())
		return next(c)
	}
}

// busy reports whether a request came a moment ago.
func (p *people) busy() bool { return p.clock.Now().UnixNano()-p.last.Load() < int64(peopleAway) }
