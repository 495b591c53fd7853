package tokens

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/crypto/bcrypt"

	"github.com/morket/morket/domain/auth"
)

// PasswordCost is bcrypt's cost for new hashes: about a quarter of a second of one core.
const PasswordCost = 12

// Passwords hashes and compares passwords with bcrypt. At most one per core at a time, so that a flood of sign-ins can't
// take all of the machine's memory and threads.
type Passwords struct {
	cost  int
	dummy []byte
	slots chan struct{}
}

// NewPasswords uses the cost for new hashes: PasswordCost, or less in tests.
func NewPasswords(cost int) (*Passwords, error) {
	dummy, err := bcrypt.GenerateFromPassword([]byte("nobody has this password"), cost)
	if err != nil {
		return nil, fmt.Errorf("hash with bcrypt cost %d: %w", cost, err)
	}
	return &Passwords{cost: cost, dummy: dummy, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}, nil
}

// Hash returns the bcrypt hash of a new password of at most auth.MaxPassword bytes.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	h, err := bcrypt.GenerateFromPassword([]byte(password), p.cost)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	return string(h), nil
}

// Matches compares a password with a hash. An empty hash matches nothing and takes as long as any other, so that time
// doesn't tell whether there is an account.
func (p *Passwords) Matches(ctx context.Context, hash, password string) (bool, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	against, possible := []byte(hash), hash != "" && len(password) <= auth.MaxPassword
	if !possible {
		against, password = p.dummy, "no"
	}
	err = bcrypt.CompareHashAndPassword(against, []byte(password))
	if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, fmt.Errorf("compare the password: %w", err)
	}
	return possible && err == nil, nil
}

func (p *Passwords) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
