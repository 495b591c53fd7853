package vault

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// MemoryKeys keeps keys in memory; they end with the process.
type MemoryKeys struct {
	mu   sync.Mutex
	keys map[string]Key
}

var _ Keys = (*MemoryKeys)(nil)

// NewMemoryKeys makes an empty store of keys.
func NewMemoryKeys() *MemoryKeys { return &MemoryKeys{keys: map[string]Key{}} }

// Add implements Keys.
func (m *MemoryKeys) Add(_ context.Context, k Key) (Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if there, ok := m.keys[k.Subject]; ok {
		return there, nil
	}
	m.keys[k.Subject] = k
	return k, nil
}

// Find implements Keys.
func (m *MemoryKeys) Find(_ context.Context, subject string) (Key, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.keys[subject]
	return k, ok, nil
}

// Destroy implements Keys.
func (m *MemoryKeys) Destroy(_ context.Context, subject string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.destroy(subject, at)
	return nil
}

func (m *MemoryKeys) destroy(subject string, at time.Time) {
	k, ok := m.keys[subject]
	if !ok {
		k.CreatedAt = at
	}
	if k.DestroyedAt == nil {
		m.keys[subject] = Key{Subject: subject, CreatedAt: k.CreatedAt, DestroyedAt: &at}
	}
}

// DestroyOlder implements Keys.
func (m *MemoryKeys) DestroyOlder(_ context.Context, prefix string, before, at time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(0)
	for subject, k := range m.keys {
		if k.DestroyedAt == nil && strings.HasPrefix(subject, prefix) && k.CreatedAt.Before(before) {
			m.destroy(subject, at)
			n++
		}
	}
	return n, nil
}

// WrappedOtherwise implements Keys.
func (m *MemoryKeys) WrappedOtherwise(_ context.Context, master string, limit int) ([]Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Key
	for _, k := range m.keys {
		if k.DestroyedAt == nil && k.Master != master && len(out) < limit {
			out = append(out, k)
		}
	}
	return out, nil
}

// Rewrap implements Keys.
func (m *MemoryKeys) Rewrap(_ context.Context, from, to Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.keys[from.Subject]; now.DestroyedAt == nil && slices.Equal(now.Wrapped, from.Wrapped) {
		m.keys[from.Subject] = to
	}
	return nil
}
