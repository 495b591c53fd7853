package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/dataopsflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/projectionstest"
)

func isWait(err error) bool {
	var w *projections.WaitError
	return errors.As(err, &w)
}

// objects is the object store.
type objects struct {
	mu   sync.Mutex
	held map[string][]byte
}

// files is the object store as a process reaches it.
type files struct{ p *process }

// Put implements dataopscmd.Files.
func (f files) Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return dataops.Object{}, err
	}
	o := dataops.Object{Key: name, Size: int64(len(body)), SHA256: fmt.Sprintf("%064x", hash(fnvOffset, string(body)))}
	return o, f.p.call(ctx, "put", name, func() error {
		s := &f.p.w.objects
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held[name] = body
		return nil
	})
}

// Open implements dataopscmd.Files.
func (f files) Open(ctx context.Context, key string, offset int64) (r io.ReadCloser, err error) {
	err = f.p.call(ctx, "open", key, func() error {
		s := &f.p.w.objects
		s.mu.Lock()
		defer s.mu.Unlock()
		body, ok := s.held[key]
		if !ok || offset > int64(len(body)) {
			return kernel.NotFound("object", key)
		}
		r = io.NopCloser(bytes.NewReader(body[offset:]))
		return nil
	})
	return r, err
}

// Delete implements dataopscmd.Files.
func (f files) Delete(ctx context.Context, key string) error {
	return f.p.call(ctx, "delete", key, func() error {
		s := &f.p.w.objects
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.held, key)
		return nil
	})
}

// importWriter is the dataopsview.Writer of the store in memory.
type importWriter struct{ tx *projectionstest.Tx }

func openImports(tx projections.Tx) (dataopsview.Writer, error) {
	return importWriter{tx.(*projectionstest.Tx)}, nil
}

// heldImport is an import in the store.
type heldImport struct {
	Import dataopsview.Import
	Body   json.RawMessage
}

// Imports implements dataopsview.Writer.
func (i importWriter) Imports(_ context.Context, ids []kernel.ImportID) (out []dataopsview.Import, err error) {
	for _, id := range ids {
		h, found, err := get[heldImport](i.tx, "imports", string(id))
		if err == nil && found {
			err = h.Import.Decode(h.Body)
		}
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, h.Import)
		}
	}
	return out, nil
}

// Save implements dataopsview.Writer.
func (i importWriter) Save(_ context.Context, b dataopsview.Batch) error {
	for _, imp := range b.Imports {
		body, err := imp.Encode()
		if err != nil {
			return err
		}
		id := imp.State.ID
		imp.State = nil
		if err := put(i.tx, "imports", string(id), heldImport{imp, body}); err != nil {
			return err
		}
	}
	for _, p := range b.Problems {
		key := fmt.Sprintf("%s/%d/%d", p.Import, p.Position, p.Index)
		if i.tx.Get("problems", key) != "" {
			return fmt.Errorf("the problem %s is there already", key)
		}
		if err := put(i.tx, "problems", key, p); err != nil {
			return err
		}
	}
	return nil
}

// Forget implements dataopsview.Writer.
func (importWriter) Forget(context.Context, []kernel.TableID) error { return nil }

// unfinishedImports is the reconciler's source of imports.
func (r runReads) unfinishedImports(ctx context.Context, each func(reconcile.Flow) error) error {
	var list []reconcile.Flow
	err := r.p.call(ctx, "unfinished", "imports", func() error {
		for id, text := range r.p.w.views.Tables(projections.LiveOf(dataopsview.Name))["imports"] {
			var h heldImport
			if err := json.Unmarshal([]byte(text), &h); err != nil {
				return err
			}
			if err := h.Import.Decode(h.Body); err != nil {
				return err
			}
			if s := h.Import.State; s.State == dataops.StateImporting || s.Undoing {
				list = append(list, dataopsflow.Underway(kernel.ImportID(id), s.Undoing))
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b reconcile.Flow) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	for _, f := range list {
		if err != nil {
			break
		}
		err = each(f)
	}
	return err
}

// importGrid is the grid as imports read it.
type importGrid struct{ gridReads }

var _ dataopscmd.Grid = importGrid{}

// Count implements dataopscmd.Grid.
func (g importGrid) Count(ctx context.Context, _ kernel.WorkspaceID, id kernel.TableID) (int64, error) {
	return g.RowCount(ctx, id)
}

// Find implements dataopscmd.Grid.
func (g importGrid) Find(ctx context.Context, s table.Schema, keyColumns []kernel.ColumnID, keys [][]json.RawMessage, cols []kernel.ColumnID) ([][]dataopscmd.GridRow, int64, error) {
	im, err := g.look(ctx, "find", s.Table)
	out := make([][]dataopscmd.GridRow, len(keys))
	for i, ids := range im.match(keyColumns, keys) {
		out[i] = im.rowsOf(ids, cols)
	}
	return out, im.seen, err
}

// Get implements dataopscmd.Grid.
func (g importGrid) Get(ctx context.Context, s table.Schema, ids []kernel.RowID, cols []kernel.ColumnID) ([]dataopscmd.GridRow, int64, error) {
	im, err := g.look(ctx, "get", s.Table)
	return im.rowsOf(ids, cols), im.seen, err
}

// After implements dataopscmd.Grid.
func (g importGrid) After(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, after kernel.RowID, limit int) ([]kernel.RowID, error) {
	return g.Select(ctx, ws, id, table.Filter{}, "", after, limit)
}

func (im gridImage) rowsOf(ids []kernel.RowID, cols []kernel.ColumnID) (out []dataopscmd.GridRow) {
	for _, id := range ids {
		r, ok := im.rows[id]
		if !ok || r.Trashed {
			continue
		}
		row := dataopscmd.GridRow{ID: id, Position: r.Last, Cells: map[kernel.ColumnID]json.RawMessage{}}
		for _, c := range cols {
			row.Cells[c] = r.value(c)
		}
		out = append(out, row)
	}
	return out
}
