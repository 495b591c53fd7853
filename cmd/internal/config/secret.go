package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const redacted = "[redacted]"

// Secret is a setting that is never shown: every way of printing or encoding it gives "[redacted]", or nothing if it is empty.
type Secret struct{ text string }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return s.text }

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.text != "" }

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(f fmt.State, _ rune) {
	if s.IsSet() {
		_, _ = f.Write([]byte(redacted)) // a Formatter has nowhere to report an error to
	}
}

// MarshalText redacts; log/slog and encoding/json use it.
func (s Secret) MarshalText() ([]byte, error) {
	if !s.IsSet() {
		return nil, nil
	}
	return []byte(redacted), nil
}

// UnmarshalText reads the setting.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = strings.TrimSpace(string(text))
	return nil
}

// Keys are secret keys in base64, separated by commas. The first is used for what is new, all of them for what is there, so
// that a key is changed by putting the new one first.
type Keys struct{ keys [][]byte }

// keySize is the size of every key in bytes.
const keySize = 32

// Reveal returns the keys themselves.
func (k Keys) Reveal() [][]byte { return k.keys }

// IsSet reports whether there is a key.
func (k Keys) IsSet() bool { return len(k.keys) > 0 }

// Text is the setting that has the keys.
func (k Keys) Text() string {
	parts := make([]string, len(k.keys))
	for i, key := range k.keys {
		parts[i] = base64.StdEncoding.EncodeToString(key)
	}
	return strings.Join(parts, ",")
}

// Format implements fmt.Formatter for every verb.
func (k Keys) Format(f fmt.State, verb rune) {
	Secret{strings.Repeat(".", len(k.keys))}.Format(f, verb)
}

// MarshalText redacts; log/slog and encoding/json use it.
func (k Keys) MarshalText() ([]byte, error) {
	return Secret{strings.Repeat(".", len(k.keys))}.MarshalText()
}

// UnmarshalText reads the setting. Its errors do not repeat it.
func (k *Keys) UnmarshalText(text []byte) error {
	k.keys = nil
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(part)
		if err != nil {
			return errors.New("is not base64; make a key with: openssl rand -base64 32")
		}
		if len(key) != keySize {
			return fmt.Errorf("a key has %d bytes, want %d; make one with: openssl rand -base64 32", len(key), keySize)
		}
		k.keys = append(k.keys, key)
	}
	return nil
}
