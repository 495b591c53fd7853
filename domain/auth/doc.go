// Package auth holds accounts with their password and open sessions, the families of refresh tokens, and
// API keys. It holds hashes only; secrets are made and compared by the adapters.
package auth
