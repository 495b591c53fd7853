// Package operation is what the operators of an installation do with its read models: jobs that rebuild or verify one, and
// events that a projection can't apply, which they have tried again or leave out. All of it is in the log, with actor and reason.
package operation
