package auth

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/domain/kernel"
)

// DeletedUser is the name of a person whose key was destroyed.
const DeletedUser = "Deleted user"

// Profile is what an account says about the person.
type Profile struct {
	Email string `json:"email"` // in lower case
	Name  string `json:"name"`
}

// Personal is a profile as the log and the read models hold it: sealed by the person's own key, so that destroying the key makes the
// person unknown in every copy. The first events, which were written before there were keys, hold it in the clear.
type Personal struct {
	Sealed []byte  `json:"sealed,omitempty"` // a Profile
	Clear  Profile `json:"clear,omitzero"`
}

// PersonKey is the subject whose key seals a person's profile.
func PersonKey(id kernel.UserID) string { return "user/" + string(id) }

// Sealer seals for a subject, whose key is made when there is none.
type Sealer interface {
	Seal(ctx context.Context, subject string, plain []byte) ([]byte, error)
}

// Opener opens what was sealed for a subject; false means that the subject's key was destroyed.
type Opener interface {
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
}

// OpenAddress returns an email address that was sealed for a subject, or the clear one of the first events, which have no sealed one.
func OpenAddress(ctx context.Context, keys Opener, subject string, sealed []byte, plain string) (string, error) {
	if len(sealed) == 0 {
		return plain, nil
	}
	opened, _, err := keys.Open(ctx, subject, sealed)
	return string(opened), err
}

// Seal seals a profile for the person.
func (p Profile) Seal(ctx context.Context, keys Sealer, id kernel.UserID) (Personal, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return Personal{}, err
	}
	sealed, err := keys.Seal(ctx, PersonKey(id), plain)
	return Personal{Sealed: sealed}, err
}

// Open returns the profile; that of a person whose key was destroyed is DeletedUser without an address.
func (p Personal) Open(ctx context.Context, keys Opener, id kernel.UserID) (Profile, error) {
	if len(p.Sealed) == 0 {
		return p.Clear, nil
	}
	plain, ok, err := keys.Open(ctx, PersonKey(id), p.Sealed)
	if err != nil {
		return Profile{}, fmt.Errorf("open the profile of %s: %w", id, err)
	}
	if !ok {
		return Profile{Name: DeletedUser}, nil
	}
	var out Profile
	if err := json.Unmarshal(plain, &out); err != nil {
		return Profile{}, fmt.Errorf("read the profile of %s: %w", id, err)
	}
	return out, nil
}
