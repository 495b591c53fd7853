package authview

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Session is an open session.
type Session struct {
	ID         kernel.SessionID `json:"id"`
	CreatedAt  time.Time        `json:"created_at"`
	LastUsedAt time.Time        `json:"last_used_at"`
	Client     string           `json:"client"`
	Current    bool             `json:"current" db:"-"`
}
