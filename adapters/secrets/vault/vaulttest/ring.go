// Package vaulttest makes rings for tests.
package vaulttest

import (
	"bytes"
	"testing"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/domain/kernel"
)

// Ring makes a ring that keeps its keys in memory.
func Ring(tb testing.TB, clock kernel.Clock) *vault.Ring {
	tb.Helper()
	v, err := vault.New(bytes.Repeat([]byte{7}, vault.KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	return vault.NewRing(v, vault.NewMemoryKeys(), clock)
}
