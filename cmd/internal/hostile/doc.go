// Package hostile holds one table of inputs that are made to hurt, and gives each to everything that reads what comes from outside. A new
// parser is a line in its list.
package hostile
