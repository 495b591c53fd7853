// Package tablecli shows tables of a running server in a terminal, and moves files in and out of them. It is behind `morket rows`,
// `history`, `import` and `export`.
package tablecli
