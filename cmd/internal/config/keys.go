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
	return c.fillKeys(ensureKey)
}

// ReadKeys is EnsureKeys for data that is there: keys that are missing are an error, since new ones would open nothing of it.
func (c Config) ReadKeys() (Config, error) {
	return c.fillKeys(os.ReadFile)
}

// WriteKeys keeps keys in the data folder, for settings that were not made.
func (c Config) WriteKeys(master, signing Keys) error {
	for name, keys := range map[string][2]Keys{masterFile: {c.MasterKey, master}, signingFile: {c.JWTKeys, signing}} {
		if keys[0].IsSet() {
			continue
		}
		if err := writeKey(filepath.Join(c.DataDir, name), []byte(keys[1].Text()+"\n")); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// The files of keys in the data folder.
const (
	masterFile  = "master.key"
	signingFile = "jwt.key"
)

func (c Config) fillKeys(read func(path string) ([]byte, error)) (Config, error) {
	for name, keys := range map[string]*Keys{masterFile: &c.MasterKey, signingFile: &c.JWTKeys} {
		if keys.IsSet() {
			continue
		}
		path := filepath.Join(c.DataDir, name)
		text, err := read(path)
		if err != nil {
			return c, err
		}
		if err := keys.UnmarshalText(text); err != nil {
			return c, fmt.Errorf("%s: %w", path, err)
		}
		if !keys.IsSet() {
			return c, fmt.Errorf("%s is empty", path)
		}
	}
	return c, nil
}

func ensureKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	return text, err
}

func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	err := writeKey(path, []byte(base64.StdEncoding.EncodeToString(key)+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process may have been first
		return nil, err
	}
	return os.ReadFile(path)
}

// writeKey writes a key whole and durably before it takes its name: a key that was used and lost can't be made again.
func writeKey(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "key-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return errors.Join(os.Link(f.Name(), path), os.Remove(f.Name()))
}
