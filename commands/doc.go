// Package commands holds what the command handlers of all modules share. A handler takes the caller and the command, changes
// the log in one append, and answers with where that append stands.
package commands
