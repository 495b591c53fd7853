package boot

import (
	"context"
	"fmt"
	"io"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// verifyFiles checks that every object that the log names and that is still needed is in the object store, and says which is not.
func verifyFiles(ctx context.Context, c *core, out io.Writer) (ok bool, err error) {
	o, err := newObjects(c.base)
	if err != nil {
		return false, err
	}
	imports := eventstore.NewRepo(dataops.ImportStream, c.store, c.codec, dataops.NewImport)
	named, missing := 0, []string{}
	err = eachStream(ctx, c.store, dataops.ImportStream, func(stream eventstore.StreamID) error {
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
			missing = append(missing, fmt.Sprintf("%s (%.100q) of the import %s, which is %s, in %s", imp.Object, imp.Filename, imp.ID, imp.State,
				imp.Workspace))
		}
		return err
	})
	if err != nil {
		return false, err
	}
	printf(out, "%-14s %s\n", "files", verdict(len(missing) == 0, fmt.Sprintf("all %d that the log names are there", named)))
	for _, m := range missing {
		printf(out, "  missing: %s\n", m)
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
