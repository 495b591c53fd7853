package boot

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// sweepFiles removes files of imports that nothing needs any longer, which could not be removed when they ended.
func (s *server) sweepFiles(ctx context.Context) (n int, err error) {
	var failed error
	err = s.objects.store.List(ctx, func(key string) error {
		dropped, err := s.dataOps.handlers.DropLeftover(ctx, key)
		if dropped {
			n++
		}
		failed = errors.Join(failed, err)
		if n == sweepBatch || ctx.Err() != nil {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = ctx.Err()
	}
	return n, errors.Join(failed, err)
}

// errEnough ends a listing.
var errEnough = errors.New("enough")

// verifyFiles checks that every object that the log names and that is still needed is in the object store, and says which is not.
func (p *Platform) verifyFiles(ctx context.Context, out io.Writer) (ok bool, err error) {
	o, err := p.objects()
	if err != nil {
		return false, err
	}
	imports := eventstore.NewRepo(dataops.ImportStream, p.store, p.codec, dataops.NewImport)
	named, missing := 0, []string{}
	err = p.eachStream(ctx, dataops.ImportStream, func(stream eventstore.StreamID) error {
		imp, _, err := imports.Load(ctx, stream.ID())
		if err != nil {
			return fmt.Errorf("read %s: %w", stream, err)
		}
		if !imp.NeedsFile() {
			return nil
		}
		named++
		there, err := has(ctx, o, imp.Object)
		if err == nil && !there {
			missing = append(missing, fmt.Sprintf("%s (%.100q) of the import %s, which is %s, in %s", imp.Object, imp.Filename, imp.ID, imp.State, imp.Workspace))
		}
		return err
	})
	if err != nil {
		return false, err
	}
	say(out, "%-14s %s\n", "files", verdict(len(missing) == 0, fmt.Sprintf("all %d that the log names are there", named)))
	for _, m := range missing {
		say(out, "  missing: %s\n", m)
	}
	return len(missing) == 0, nil
}

func has(ctx context.Context, o *objects, key string) (bool, error) {
	r, err := o.store.Open(ctx, key, 0)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", key, err)
	}
	return true, r.Close()
}
