package boot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/objectstore"
)

// objects is where uploads are kept: in a bucket when there is one, else in a folder that all processes must share.
type objects struct {
	store  objectstore.Store
	remote bool
	log    *slog.Logger
}

func (p *Platform) objects() (*objects, error) {
	o := &objects{remote: p.cfg.S3URL.IsSet(), log: p.log.With("part", "objects")}
	var err error
	if o.remote {
		o.store, err = objectstore.NewS3(p.cfg.S3URL.Reveal(), p.clock)
	} else {
		o.store, err = objectstore.NewFolder(p.cfg.ObjectsDir(), p.clock)
	}
	return o, err
}

func (o *objects) dependencies() []httpapi.Dependency {
	if !o.remote {
		return nil
	}
	return []httpapi.Dependency{{Name: "objects", Check: func(ctx context.Context) error {
		if err := o.store.Check(ctx); err != nil {
			return fmt.Errorf("uploads are refused and imports wait: %w", err)
		}
		return nil
	}}}
}

// sweepEvery is how often what interrupted uploads left is looked for.
const sweepEvery = 6 * time.Hour

// sweep clears away what interrupted uploads left, at the start and now and then, until ctx ends.
func (o *objects) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := o.store.Sweep(ctx); err != nil && ctx.Err() == nil {
			o.log.WarnContext(ctx, "sweep the object store", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
