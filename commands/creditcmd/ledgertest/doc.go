// Package ledgertest is what the ledger promises on any event store.
package ledgertest
