package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
)

// Check asks a dependency whether it works.
type Check func(ctx context.Context) error

// Dependency is something the program needs.
type Dependency struct {
	Name string
	// Needed dependencies make the program unready when they fail; the others only show as degraded.
	Needed bool
	Check  Check
}

// State is what is known of a dependency.
type State struct {
	State   string `json:"state"` // ok, degraded, down
	Message string `json:"message,omitempty"`
	Millis  int64  `json:"latency_ms"`
}

const checkTimeout = 2 * time.Second

// ServeHealth adds /health (the process lives) and /readiness (it can serve, dependency by dependency).
func (a *API) ServeHealth(deps []Dependency) {
	a.echo.GET("/health", func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"status": "ok", "version": a.cfg.Version})
	})
	a.echo.GET("/readiness", func(c echo.Context) error {
		states, ready := a.check(c.Request().Context(), deps)
		status := http.StatusOK
		if !ready {
			status = http.StatusServiceUnavailable
		}
		return c.JSON(status, map[string]any{"ready": ready, "dependencies": states})
	})
}

func (a *API) check(ctx context.Context, deps []Dependency) (map[string]State, bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	states, ready := map[string]State{}, true
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, d := range deps {
		wg.Go(func() {
			start := a.cfg.Clock.Now()
			err := d.Check(ctx)
			s := State{State: "ok", Millis: a.cfg.Clock.Now().Sub(start).Milliseconds()}
			if err != nil {
				s.State, s.Message = "degraded", kernel.MaskAddresses(err.Error())
				if d.Needed {
					s.State = "down"
				}
			}
			mu.Lock()
			defer mu.Unlock()
			states[d.Name] = s
			ready = ready && (err == nil || !d.Needed)
		})
	}
	wg.Wait()
	return states, ready
}
