package waterfall_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

var (
	errAway  = errors.New("dial tcp 10.9.8.7:5432: connect: connection refused (SQLSTATE 57P01)")
	errOther = errors.New("pq: 10.9.8.7 has no relation rm_secret")
)

// store is one of ours that fails.
type store struct{ err error }

func (s store) Open(context.Context, kernel.WorkspaceID, kernel.CredentialID) (map[string]string, []string, error) {
	return nil, nil, s.err
}

func (s store) Find(context.Context, kernel.WorkspaceID, string, string, time.Time) (enrichment.Reply, bool, error) {
	return enrichment.Reply{}, false, s.err
}

func (s store) Take(context.Context, string, enrichment.RateLimits, float64, time.Duration) (time.Duration, bool, error) {
	return 0, false, s.err
}

// A store of ours that is away is no outcome: the cell is asked again later, and nobody was asked meanwhile. What such an error says is
// told to nobody.
func TestAnErrorOfOurOwnStoresIsNoOutcome(t *testing.T) {
	t.Parallel()
	stores := map[string]func(*waterfall.Config, error){
		"credentials": func(c *waterfall.Config, err error) { c.Secrets = store{err} },
		"cache":       func(c *waterfall.Config, err error) { c.Cache = store{err} },
		"quotas":      func(c *waterfall.Config, err error) { c.Quotas = store{err} },
	}
	unavailable := kernel.E(kernel.KindUnavailable, "CATCHING_UP", "the tables are catching up").Because(errAway)
	for name, set := range stores {
		for _, err := range []error{errAway, unavailable, errOther} {
			t.Run(name+": "+err.Error(), func(t *testing.T) {
				t.Parallel()
				p := provider("keyed", 0, echo)
				p.Auth, p.Limits = enrichment.AuthKey, enrichment.RateLimits{PerSecond: 100}
				r := newRig(t, func(c *waterfall.Config) {
					c.Secrets = oneSecret{}
					c.Away = func(err error) bool { return errors.Is(err, errAway) }
					set(c, err)
				}, p)
				step := steps("keyed")
				step[0].CredentialID = "crd_1"
				days := 30
				out := r.ask(r.session(), enrichment.Config{Steps: step, CacheDays: &days}, "x")
				if errors.Is(err, errOther) { // it will not pass: the cell has an outcome, or the store can be done without
					require.NoError(t, out.Broken)
					require.False(t, out.Stopped)
					b, err := json.Marshal(out)
					require.NoError(t, err)
					require.NotContains(t, string(b), "10.9.8.7")
					require.NotContains(t, string(b), "rm_secret")
					return
				}
				require.ErrorIs(t, out.Broken, err)
				require.True(t, out.Stopped)
				require.Zero(t, p.count(), "nobody was asked")
				require.Empty(t, out.Provenance.Attempts)
			})
		}
	}
}

// What a provider's library says when it fails is not for people.
func TestTheTextOfAnErrorThatNobodyWroteForPeopleIsNotShown(t *testing.T) {
	t.Parallel()
	p := provider("raw", 0, func(int, enrichment.Request) (enrichment.Reply, error) { return enrichment.Reply{}, errOther })
	r := newRig(t, nil, p)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("raw")}, "x")
	require.Equal(t, enrichment.MarkError, out.Mark.State)
	b, err := json.Marshal(out)
	require.NoError(t, err)
	require.NotContains(t, string(b), "10.9.8.7")
}
