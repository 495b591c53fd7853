package findcmd

import (
	"context"
	"strings"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Quotas counts the calls of a key for all processes.
type Quotas interface {
	// Take takes one call of the key, whose limits count by factor (0 to 1) only, and says how long to wait until it may be made.
	// When that is longer than most, nothing is taken, and ok is false.
	Take(ctx context.Context, key string, l enrichment.RateLimits, factor float64, most time.Duration) (wait time.Duration, ok bool, err error)
}

// longestTurn is how long a call waits for its turn; a turn that is farther away is told as a limit.
const longestTurn = 5 * time.Second

// turn waits for a call's turn within the vendor's limits, which count by credential and search.
func (h *Handlers) turn(ctx context.Context, ws kernel.WorkspaceID, search enrichment.Search, id kernel.CredentialID) error {
	key := strings.Join([]string{string(ws), search.Slug, string(id)}, "/")
	wait, ok, err := h.cfg.Quotas.Take(ctx, key, search.Limits, 1, longestTurn)
	if err != nil {
		return err
	}
	if !ok {
		return &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the vendor's limit is used up", RetryAfter: wait}
	}
	return kernel.Pause(ctx, wait)
}
