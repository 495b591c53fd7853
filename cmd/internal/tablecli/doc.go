// Package tablecli shows tables of a running server in a terminal, and saves them. It is behind `morket rows`, `history` and `export`.
package tablecli
