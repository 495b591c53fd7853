// Package boot puts the program together by hand: it starts what is embedded, connects what is configured, gives each
// module its dependencies, and runs the roles that the process has. One file per module; adding one touches modules.go.
package boot
