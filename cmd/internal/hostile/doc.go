// Package hostile holds one table of inputs that are made to hurt, and gives each to everything that reads what comes from outside. A new
// parser is a line in its list, with how much it may make of an input. Work is counted by what is allocated, not by a clock.
package hostile
