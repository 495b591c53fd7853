// Package findcmd holds the commands of searches for rows at a provider, and the runner that carries one out. A run is written by one
// runner at a time: each of its appends expects the run's stream at the version that the runner knows, so a second one, a cancellation or
// a repeat after a crash shows as a conflict, and no page is paid for twice.
package findcmd
