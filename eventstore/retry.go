package eventstore

import (
	"context"
	"errors"

	"github.com/morket/morket/domain/kernel"
)

// MaxConflicts is how often a command starts over because other writers were faster. A run moves its own stream on many times a
// second, so a person's command on it needs more tries than two people ever cause.
const MaxConflicts = 50

// ErrStale says that what a command decided by has changed since, found before the append; Retry takes it as a conflict.
var ErrStale = errors.New("what this was decided by has changed meanwhile")

// Retry runs a command that loads, decides and appends again, until its append meets no conflict. once gets the number of the try,
// from 0, and must have no effect but its append. There is no pause between tries: a conflict means that another append succeeded, so
// a wait would only lose more of them. After MaxConflicts the answer is a conflict that the caller may repeat.
func Retry[R any](ctx context.Context, once func(try int) (R, error)) (R, error) {
	var none R
	var last error
	for try := range MaxConflicts {
		res, err := once(try)
		if !IsConflict(err) && !errors.Is(err, ErrStale) {
			return res, err
		}
		last = err
		if err := ctx.Err(); err != nil {
			return none, err
		}
	}
	return none, kernel.E(kernel.KindConflict, "CONFLICT", "others kept changing this at the same moment; try again").Because(last)
}
