// Package childtest shares one server among the tests of a package: the one that a variable of the environment names, else a
// child that is started when the first test needs it.
package childtest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Shared is the server. Keep it in a variable of the test package and end TestMain with Run.
type Shared struct {
	variable string
	url      func() (string, error)
	stop     func() error // nil when nothing was started
}

// Share makes a Shared. start starts the child with its data in dir, and returns its address and what ends it.
func Share(variable string, start func(dir string) (url string, stop func() error, err error)) *Shared {
	s := &Shared{variable: variable}
	s.url = sync.OnceValues(func() (string, error) {
		if url := os.Getenv(variable); url != "" {
			return url, nil
		}
		dir, err := os.MkdirTemp("", "morket-child-")
		if err != nil {
			return "", err
		}
		url, stop, err := start(dir)
		if err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
		s.stop = func() error { return errors.Join(stop(), os.RemoveAll(dir)) }
		return url, nil
	})
	return s
}

// URL returns the server's address, starting it if need be. Without one the test fails.
func (s *Shared) URL(tb testing.TB) string {
	tb.Helper()
	url, err := s.url()
	require.NoError(tb, err, "the tests need this server; %s may name one", s.variable)
	return url
}

// Run runs the package's tests, stops the child, and returns the exit code.
func (s *Shared) Run(m *testing.M) int {
	code := m.Run()
	if s.stop != nil {
		_ = s.stop() // its data is gone with it, or stays in the temporary folder
	}
	return code
}
