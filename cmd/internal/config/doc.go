// Package config reads Morket's settings from the environment and an optional file, checks them all at once, and renders
// the one list of them that the README shows.
package config
