//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	tokenAge     = 10 * time.Minute // an access token is good for 15
	againAfter   = 20 * time.Millisecond
	givenUpAfter = 4 * time.Minute
)

// steady is a person whose requests go on through faults. What was acknowledged is told apart from what nobody can know.
type steady struct {
	c      client
	email  string
	name   string // begins each of its idempotency keys
	rng    *rand.Rand
	signed time.Time
	keys   int

	made    atomic.Int64 // acknowledged requests
	doubts  int          // requests without an answer
	repeats int          // of these, had been carried out
	acks    []int64      // positions of the acknowledged writes
}

// another is the same person at something else.
func (p *steady) another(name string, seed uint64) *steady {
	own := fnv.New64a()
	_, _ = own.Write([]byte(name))
	return &steady{c: p.c, email: p.email, name: name, signed: p.signed, rng: rand.New(rand.NewPCG(seed, own.Sum64()))}
}

// key is a new idempotency key.
func (p *steady) key() string {
	p.keys++
	return p.name + "-" + strconv.Itoa(p.keys)
}

// ask makes a request once, with a fresh token if the old one is about to end.
func (p *steady) ask(ctx context.Context, method, path string, body any, headers ...string) (reply, error) {
	if time.Since(p.signed) > tokenAge {
		fresh := p.c
		fresh.token = ""
		r, err := fresh.try(ctx, http.MethodPost, "/api/v1/auth/login", map[string]string{"email": p.email, "password": "correct horse battery"})
		if err != nil || r.Status != http.StatusOK {
			return r, errors.Join(err, fmt.Errorf("sign in: %d %s", r.Status, r.Raw))
		}
		var s session
		if err := json.Unmarshal(r.Data, &s); err != nil {
			return r, err
		}
		p.c.token, p.signed = s.AccessToken, time.Now()
	}
	return p.c.try(ctx, method, p.c.ws+path, body, headers...)
}

// known notes an answer, and reports whether it says what became of the request.
func (p *steady) known(r reply, err error) bool {
	if err != nil || r.Status == http.StatusServiceUnavailable {
		p.doubts++
		return false
	}
	if r.Header.Get("Idempotent-Replayed") == "true" {
		p.repeats++
	}
	p.made.Add(1)
	p.c.wrote(r)
	if at, err := strconv.ParseInt(r.Header.Get("Morket-Position"), 10, 64); err == nil && r.Status < 300 {
		p.acks = append(p.acks, at)
	}
	return true
}

// insist repeats a request until it is answered with the status. A read waits for what has been written.
func (p *steady) insist(ctx context.Context, status int, method, path string, body any, headers ...string) (reply, error) {
	begun := time.Now()
	for {
		r, err := p.ask(ctx, method, path, body, headers...)
		stale := err == nil && method == http.MethodGet && r.Meta.Stale
		switch {
		case ctx.Err() != nil:
			return r, ctx.Err()
		case !stale && p.known(r, err):
			if r.Status != status {
				return r, fmt.Errorf("%s %s was answered %d: %.500s", method, path, r.Status, r.Raw)
			}
			return r, nil
		case time.Since(begun) > givenUpAfter:
			return r, fmt.Errorf("%s %s was not answered within %s: %d %.500s %w", method, path, givenUpAfter, r.Status, r.Raw, errors.Join(err))
		}
		if err := pause(ctx, againAfter); err != nil {
			return r, err
		}
	}
}

// pause lets a moment pass between two tries.
func pause(ctx context.Context, d time.Duration) error {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// insisted is insist with the data of the answer.
func insisted[T any](ctx context.Context, p *steady, status int, method, path string, body any, headers ...string) (T, error) {
	var out T
	r, err := p.insist(ctx, status, method, path, body, headers...)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(r.Data, &out)
}

// never reports whether the request can no longer act: its connection is broken, and with it the process that had it. Of one that
// was answered 503 or timed out, a process may still know.
func never(err error) bool {
	return err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

// pick is one of the things.
func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// sortedKeys are the names in an order that doesn't depend on the map, so that a seed draws the same.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
