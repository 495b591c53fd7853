package vault

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/cached"
)

// Key is a subject's key as it is kept: wrapped under a master key, or destroyed.
type Key struct {
	Subject     string
	Master      string // id of the master key
	Nonce       []byte
	Wrapped     []byte // empty when it is destroyed
	CreatedAt   time.Time
	DestroyedAt *time.Time
}

// Keys keeps wrapped keys outside the log, so that a key can be destroyed and with it all that the log holds under it.
type Keys interface {
	// Add keeps the key and returns it, or the one that the subject has already.
	Add(ctx context.Context, k Key) (Key, error)
	// Find returns the subject's key; false if it never had one.
	Find(ctx context.Context, subject string) (Key, bool, error)
	// Destroy destroys the subject's key for good. A subject without one can't get one any more.
	Destroy(ctx context.Context, subject string, at time.Time) error
	// DestroyOlder destroys the keys of subjects with the prefix that were made before a time, and says how many.
	DestroyOlder(ctx context.Context, prefix string, before, at time.Time) (int64, error)
	// WrappedOtherwise returns up to limit keys that are not wrapped under the master key.
	WrappedOtherwise(ctx context.Context, master string, limit int) ([]Key, error)
	// Rewrap replaces the wrapping of a key, unless it has been destroyed or rewrapped meanwhile.
	Rewrap(ctx context.Context, from, to Key) error
}

// Ring seals data under keys that can be destroyed: each subject (a person, a workspace's answers of a month) has a random key of its
// own, wrapped by AES-256-GCM under a key that HKDF-SHA-256 derives from the master key. What was sealed under a
// destroyed key can't be read any more, wherever copies of it lie.
type Ring struct {
	vault *Vault
	keys  Keys
	clock kernel.Clock

	recent *cached.Timed[string, []byte] // nil: destroyed
}

// NewRing makes a ring that keeps its keys in the store, wrapped under the vault's master keys.
func NewRing(v *Vault, keys Keys, clock kernel.Clock) *Ring {
	return &Ring{vault: v, keys: keys, clock: clock, recent: cached.NewTimed[string, []byte](clock, maxHeld)}
}

const (
	holdKeys  = 5 * time.Second // how long another process's destruction may go unnoticed
	maxHeld   = 10_000
	ringForm  = 1 // first byte of what is sealed
	nonceSize = 12
)

// ErrKeyDestroyed says that nothing can be sealed for the subject any more.
var ErrKeyDestroyed = errors.New("the subject's key was destroyed")

// Seal encrypts data for the subject, whose key is made when it has none.
func (r *Ring) Seal(ctx context.Context, subject string, plain []byte) ([]byte, error) {
	key, ok, err := r.key(ctx, subject, true)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("seal for %s: %w", subject, ErrKeyDestroyed)
	}
	nonce, sealed, err := encrypt(key, plain, []byte(subject))
	if err != nil {
		return nil, err
	}
	return append(append([]byte{ringForm}, nonce...), sealed...), nil
}

// Open decrypts what Seal made for the subject; false means that the subject's key was destroyed.
func (r *Ring) Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error) {
	if len(sealed) < 1+nonceSize || sealed[0] != ringForm {
		return nil, false, fmt.Errorf("what is sealed for %s has an unknown form", subject)
	}
	key, ok, err := r.key(ctx, subject, false)
	if err != nil || !ok {
		return nil, false, err
	}
	plain, err = decrypt(key, sealed[1:1+nonceSize], sealed[1+nonceSize:], []byte(subject))
	if err != nil {
		return nil, false, fmt.Errorf("what is sealed for %s can't be opened: it was changed, or sealed for somebody else", subject)
	}
	return plain, true, nil
}

// Hash returns a function that hashes under a key of the subject's (HMAC-SHA-256), which HKDF-SHA-256 derives from the one that seals.
// Without the key nobody can find out a value by trying. It is not safe for concurrent use.
func (r *Ring) Hash(ctx context.Context, subject string) (func(data []byte) []byte, error) {
	derived, err := r.derive(ctx, subject, "morket hash v1")
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, derived)
	return func(data []byte) []byte {
		mac.Reset()
		_, _ = mac.Write(data) // a hash takes everything
		return mac.Sum(nil)
	}, nil
}

// Sign signs under a key of the subject's (Ed25519, RFC 8032) and returns the public key too.
func (r *Ring) Sign(ctx context.Context, subject string, data []byte) (signature, public []byte, err error) {
	seed, err := r.derive(ctx, subject, "morket signature v1")
	if err != nil {
		return nil, nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	public, _ = key.Public().(ed25519.PublicKey)
	return ed25519.Sign(key, data), public, nil
}

func (r *Ring) derive(ctx context.Context, subject, purpose string) ([]byte, error) {
	key, ok, err := r.key(ctx, subject, true)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("derive a key for %s: %w", subject, ErrKeyDestroyed)
	}
	return hkdf.Key(sha256.New, key, nil, purpose, KeySize)
}

// Destroy destroys the subject's key for good. Other processes notice within 5 s.
func (r *Ring) Destroy(ctx context.Context, subject string) error {
	if err := r.keys.Destroy(ctx, subject, r.clock.Now()); err != nil {
		return fmt.Errorf("destroy the key of %s: %w", subject, err)
	}
	r.hold(subject, nil)
	return nil
}

// DestroyOlder destroys the keys of subjects with the prefix that were made before a time, and says how many.
func (r *Ring) DestroyOlder(ctx context.Context, prefix string, before time.Time) (int64, error) {
	n, err := r.keys.DestroyOlder(ctx, prefix, before, r.clock.Now())
	if err != nil {
		return n, fmt.Errorf("destroy the old keys of %s: %w", prefix, err)
	}
	r.recent.Clear()
	return n, nil
}

// Rewrap wraps up to limit keys under the master key in force which are wrapped under another, and says how many.
func (r *Ring) Rewrap(ctx context.Context, limit int) (int, error) {
	list, err := r.keys.WrappedOtherwise(ctx, r.vault.current, limit)
	if err != nil {
		return 0, fmt.Errorf("find keys to wrap anew: %w", err)
	}
	for i, k := range list {
		plain, err := r.unwrap(k)
		if err != nil {
			return i, err
		}
		next, err := r.wrap(k.Subject, plain, k.CreatedAt)
		if err != nil {
			return i, err
		}
		if err := r.keys.Rewrap(ctx, k, next); err != nil {
			return i, fmt.Errorf("wrap the key of %s anew: %w", k.Subject, err)
		}
	}
	return len(list), nil
}

// key returns the subject's key, false if it was destroyed.
func (r *Ring) key(ctx context.Context, subject string, create bool) ([]byte, bool, error) {
	if key, ok := r.recent.Get(subject); ok {
		return key, key != nil, nil
	}
	k, found, err := r.keys.Find(ctx, subject)
	if err != nil {
		return nil, false, fmt.Errorf("find the key of %s: %w", subject, err)
	}
	if !found && create {
		plain := make([]byte, KeySize)
		if _, err := rand.Read(plain); err != nil {
			return nil, false, fmt.Errorf("make a key: %w", err)
		}
		if k, err = r.wrap(subject, plain, r.clock.Now()); err != nil {
			return nil, false, err
		}
		if k, err = r.keys.Add(ctx, k); err != nil {
			return nil, false, fmt.Errorf("keep the key of %s: %w", subject, err)
		}
		found = true
	}
	if !found {
		return nil, false, fmt.Errorf("there is no key for %s; was the database restored without the schema \"vault\"?", subject)
	}
	var plain []byte
	if k.DestroyedAt == nil {
		if plain, err = r.unwrap(k); err != nil {
			return nil, false, err
		}
	}
	r.hold(subject, plain)
	return plain, plain != nil, nil
}

func (r *Ring) hold(subject string, key []byte) {
	r.recent.Set(subject, key, holdKeys)
}

func (r *Ring) wrap(subject string, plain []byte, made time.Time) (Key, error) {
	k := Key{Subject: subject, Master: r.vault.current, CreatedAt: made}
	key, err := r.wrapping(k.Master)
	if err != nil {
		return k, err
	}
	k.Nonce, k.Wrapped, err = encrypt(key, plain, []byte(subject))
	return k, err
}

func (r *Ring) unwrap(k Key) ([]byte, error) {
	key, err := r.wrapping(k.Master)
	if err != nil {
		return nil, err
	}
	plain, err := decrypt(key, k.Nonce, k.Wrapped, []byte(k.Subject))
	if err != nil {
		return nil, fmt.Errorf("the key of %s can't be unwrapped: wrong master key, or it was changed", k.Subject)
	}
	return plain, nil
}

func (r *Ring) wrapping(master string) ([]byte, error) {
	k, err := r.vault.master(master)
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, k, nil, "morket ring v1", KeySize)
}
