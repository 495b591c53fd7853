package credit

import (
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Scope says what a cap limits.
type Scope string

// The scopes.
const (
	ScopeWorkspace Scope = "workspace" // everything spent in a period
	ScopeRun       Scope = "run"       // each run
)

// Period is a calendar period in UTC.
type Period string

// The periods. A week begins on Monday (ISO 8601).
const (
	PeriodDay   Period = "day"
	PeriodWeek  Period = "week"
	PeriodMonth Period = "month"
)

// Cap limits spending.
type Cap struct {
	Scope  Scope          `json:"scope" enum:"workspace,run"`
	Period Period         `json:"period,omitempty" enum:"day,week,month" required:"false"`
	Limit  kernel.Credits `json:"limit_mc" minimum:"0"`
}

// Validate checks the cap by itself.
func (c Cap) Validate() error {
	switch {
	case c.Limit < 0:
		return kernel.Invalid("limit_mc", "a cap can't be negative")
	case c.Scope == ScopeRun && c.Period != "":
		return kernel.Invalid("period", "a cap per run has no period")
	case c.Scope == ScopeWorkspace && c.Period != PeriodDay && c.Period != PeriodWeek && c.Period != PeriodMonth:
		return kernel.Invalid("period", "must be day, week or month")
	case c.Scope != ScopeRun && c.Scope != ScopeWorkspace:
		return kernel.Invalid("scope", "must be workspace or run")
	}
	return nil
}

func (c Cap) String() string {
	if c.Scope == ScopeRun {
		return fmt.Sprintf("the cap of %s credits per run", c.Limit)
	}
	return fmt.Sprintf("the workspace's cap of %s credits per %s", c.Limit, c.Period)
}

// window names the period that t falls into. A later period has a greater name.
func (p Period) window(t time.Time) string {
	t = t.UTC()
	switch p {
	case PeriodDay:
		return t.Format("2006-01-02")
	case PeriodWeek:
		y, w := t.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	case PeriodMonth:
		return t.Format("2006-01")
	default:
		return ""
	}
}
