package commands

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Handler carries out commands of one kind.
type Handler[C, R any] func(ctx context.Context, meta kernel.Meta, cmd C) (Result[R], error)

// Result is what a command answers.
type Result[R any] struct {
	Value    R
	Position int64 // of the last event, 0 if nothing needed to change
	Replayed bool  // the answer is the first one's; nothing was done now
}

// Reply makes a result of an append: on a replay it is the first answer, read back from the log.
func Reply[R any](done eventstore.Appended, value R) (Result[R], error) {
	if !done.Replayed {
		return Result[R]{Value: value, Position: done.Last}, nil
	}
	var first R
	if err := json.Unmarshal(done.Result, &first); err != nil {
		return Result[R]{}, fmt.Errorf("read the first answer of a repeated command: %w", err)
	}
	return Result[R]{Value: first, Position: done.Last, Replayed: true}, nil
}
