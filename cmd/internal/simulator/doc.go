// Package simulator runs the whole of Morket in memory, in a time of its own, and breaks it in every way that a seed says: see README.md.
// All of it is in tests, so that no program can reach it.
package simulator
