// Package ledgertest is what the ledger promises, whatever keeps the log.
package ledgertest
