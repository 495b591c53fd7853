package auth

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Lives of tokens; both are hard maxima.
const (
	AccessLife  = 15 * time.Minute
	RefreshLife = 7 * 24 * time.Hour
)

// ParallelWindow is how long the token before the current one still gets the same successor, for browser tabs that
// refresh at the same moment.
const ParallelWindow = 10 * time.Second

// Session is one family of refresh tokens, the stream session-<id>. Whether it is open is the User's to say.
type Session struct {
	kernel.Root
	state sessionState
}

type sessionState struct {
	ID        kernel.SessionID `json:"id"`
	User      kernel.UserID    `json:"user"`
	Current   string           `json:"current"`
	Previous  string           `json:"previous,omitempty"`
	RotatedAt time.Time        `json:"rotated_at"`
	ExpiresAt time.Time        `json:"expires_at"`
}

// Start begins the family with the hash of its first token.
func (s *Session) Start(id kernel.SessionID, user kernel.UserID, tokenHash, agent string, at time.Time) error {
	return s.Record(s, SessionStarted{SessionID: id, UserID: user, TokenHash: tokenHash, Agent: agent, At: at, ExpiresAt: at.Add(RefreshLife)})
}

// Refresh answers a token of the family, given its hash and that of its successor. The successor follows from the token,
// so a second tab that comes within ParallelWindow gets the same one and nothing is recorded. Any other token of the
// family was used before: ErrRefreshReused. The caller has made sure that the token is one we gave out.
func (s *Session) Refresh(tokenHash, successorHash string, at time.Time) error {
	switch {
	case s.state.ID == "" || !at.Before(s.state.ExpiresAt):
		return ErrUnauthorized()
	case sameHash(s.state.Current, tokenHash):
		return s.Record(s, SessionRefreshed{SessionID: s.state.ID, TokenHash: successorHash, At: at, ExpiresAt: at.Add(RefreshLife)})
	case sameHash(s.state.Previous, tokenHash) && at.Sub(s.state.RotatedAt) <= ParallelWindow:
		return nil
	default:
		return ErrRefreshReused()
	}
}

// Apply folds an event.
func (s *Session) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case SessionStarted:
		s.state = sessionState{ID: e.SessionID, User: e.UserID, Current: e.TokenHash, RotatedAt: e.At, ExpiresAt: e.ExpiresAt}
	case SessionRefreshed:
		s.state.Previous, s.state.Current, s.state.RotatedAt, s.state.ExpiresAt = s.state.Current, e.TokenHash, e.At, e.ExpiresAt
	default:
		return kernel.UnknownEvent("session", e)
	}
	return nil
}

// ID returns the session's id, empty if it was never started.
func (s *Session) ID() kernel.SessionID { return s.state.ID }

// User returns whose session it is.
func (s *Session) User() kernel.UserID { return s.state.User }

// ExpiresAt returns when the current refresh token runs out.
func (s *Session) ExpiresAt() time.Time { return s.state.ExpiresAt }

// SnapshotSchema is the version of the snapshot's shape.
func (s *Session) SnapshotSchema() int { return 1 }

// MarshalState writes the snapshot.
func (s *Session) MarshalState() (json.RawMessage, error) { return json.Marshal(s.state) }

// UnmarshalState reads the snapshot.
func (s *Session) UnmarshalState(b json.RawMessage) error { return json.Unmarshal(b, &s.state) }
