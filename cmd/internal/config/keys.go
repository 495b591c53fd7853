package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// EnsureDataDir makes the data folder. Root's can be passed, but not listed, by others: the embedded Postgres runs as an
// ordinary user below it.
func (c Config) EnsureDataDir() error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(c.DataDir, mode); err != nil {
		return fmt.Errorf("MORKET_DATA_DIR: %w", err)
	}
	return nil
}

// EnsureKeys returns the settings with the master key and the signing keys filled in: those that were not set are read from
// the data folder, where they are made the first time, readable by their owner only.
func (c Config) EnsureKeys() (Config, error) {
	if err := c.EnsureDataDir(); err != nil {
		return c, err
	}
	for name, keys := range map[string]*Keys{"master.key": &c.MasterKey, "jwt.key": &c.JWTKeys} {
		if keys.IsSet() {
			continue
		}
		made, err := ensureKey(filepath.Join(c.DataDir, name))
		if err != nil {
			return c, err
		}
		*keys = made
	}
	return c, nil
}

func ensureKey(path string) (Keys, error) {
	var keys Keys
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeKey(path)
	}
	if err != nil {
		return keys, err
	}
	if err := keys.UnmarshalText(text); err != nil {
		return keys, fmt.Errorf("%s: %w", path, err)
	}
	if !keys.IsSet() {
		return keys, fmt.Errorf("%s is empty", path)
	}
	return keys, nil
}

// makeKey writes a new key whole and durably before it takes its name: a key that was used and lost can't be made again.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	text := []byte(base64.StdEncoding.EncodeToString(key) + "\n")
	f, err := os.CreateTemp(filepath.Dir(path), "key-*") // mode 0600
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) { // another process may have been first
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
