package scrape

import (
	"context"
	"time"
)

// Robots is what robots.txt says of an address.
type Robots string

// The verdicts.
const (
	RobotsAllowed    Robots = "allowed"
	RobotsDisallowed Robots = "disallowed"
	RobotsAway       Robots = "away"    // it can't be read, which forbids all for a while
	RobotsIgnored    Robots = "ignored" // an operator's rule for the domain says so
)

// Verdict is whether an address may be asked for.
type Verdict struct {
	Robots Robots
	Why    string
	Delay  time.Duration // between two requests, that the site asks for
	Retry  time.Duration // of RobotsAway
}

// Look is a page that has been parsed.
type Look interface {
	// Shell reports a page that says next to nothing until its scripts have run.
	Shell() bool
	// Extract finds what the target asks for, once.
	Extract(t Target) (Extract, error)
}

// Pass is a request that politeness has let through; one of its two ends must be told.
type Pass interface {
	// Held tells how long the request was held back, and the time between two requests of the domain.
	Held() (waited, every time.Duration)
	// Done says how the site has answered: the response's status, 0 without one, and the pause that it asks for.
	Done(ctx context.Context, status int, retryAfter time.Duration)
	// Drop says that the request was not made, or that its end says nothing about the site.
	Drop()
}
