package enrichmentview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/enrichment"
)

// seenIn is what the replies of a provider looked like in one event.
type seenIn struct {
	key    ShapeKey
	looked enrichment.ReplyShapes
	at     time.Time
}

// learnShapes adds what the batch's replies looked like to what is known, event by event: so that it is the same in any batches.
func (f *fold) learnShapes(ctx context.Context, w Writer) error {
	if len(f.seenIn) == 0 {
		return nil
	}
	known := map[ShapeKey]*Shape{}
	var keys []ShapeKey
	for _, s := range f.seenIn {
		if known[s.key] == nil {
			known[s.key] = &Shape{ShapeKey: s.key}
			keys = append(keys, s.key)
		}
	}
	before, err := w.Shapes(ctx, keys)
	if err != nil {
		return fmt.Errorf("read the shapes of replies: %w", err)
	}
	for _, b := range before {
		*known[b.ShapeKey] = b
	}
	for _, s := range f.seenIn {
		known[s.key].Learn(s.looked, s.at.UTC())
	}
	for _, k := range keys {
		f.out.Shapes = append(f.out.Shapes, *known[k])
	}
	return nil
}
