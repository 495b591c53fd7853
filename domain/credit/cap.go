package credit

import (
	"fmt"
	"slices"
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
	known := []Period{PeriodDay, PeriodWeek, PeriodMonth}
	return kernel.Check(
		kernel.Field("limit_mc", c.Limit, kernel.Holds(c.Limit >= 0, "a cap can't be negative")),
		kernel.Field("period", c.Period, kernel.Holds(c.Scope != ScopeRun || c.Period == "", "a cap per run has no period"),
			kernel.Holds(c.Scope != ScopeWorkspace || slices.Contains(known, c.Period), "must be day, week or month")),
		kernel.Field("scope", c.Scope, kernel.OneOf([]Scope{ScopeRun, ScopeWorkspace}, "must be workspace or run")),
	)
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
