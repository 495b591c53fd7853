package dataopscmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
)

// MaxExportBytes is how large an exported file may be.
const MaxExportBytes = 64 << 30

// errOver says that the export has ended by somebody else's hand.
var errOver = errors.New("the export is over")

// errLeft ends a writer whose file the store no longer takes.
var errLeft = errors.New("the store has left")

// Run makes the file of an export from its beginning. It returns nil when there is nothing left to do, with any outcome; an error means
// that it should be called again. alive is called at least every few seconds. A file is there as a whole or not at all, so that a process
// that was killed leaves nothing but what the object store sweeps.
func (x *Exports) Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.ExportID, alive func(rows int64)) error {
	e, err := x.Find(ctx, ws, id)
	if err != nil {
		return err
	}
	if e.State != dataops.ExportRunning {
		x.dropUnless(ctx, e)
		return nil
	}
	meta := kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorSystem, OnBehalfOf: e.By},
		Workspace: ws, Command: "export", CorrelationID: string(id),
	}
	op := watch.Begin(x.cfg.Watch, x.cfg.Clock, watch.Export, "export", id, "table", e.TableID, "format", e.Ask.Format)
	object, rows, err := x.write(ctx, meta, e, alive)
	op.Count(rows, object.Size)
	if err == nil {
		err = x.finish(ctx, meta, e, object, rows)
	}
	switch {
	case errors.Is(err, errOver):
		op.End(ctx, watch.Succeeded, nil)
		x.drop(ctx, e)
		return nil
	case hopelessExport(err):
		op.End(ctx, watch.Failed, err)
		return x.giveUp(ctx, meta, e, err)
	}
	op.EndWith(ctx, err)
	return err
}

// dropUnless removes what a writer may have left that was slower than a cancellation.
func (x *Exports) dropUnless(ctx context.Context, e dataops.Export) {
	if !e.Live() {
		x.drop(ctx, e)
	}
}

// write writes the file into the object store.
func (x *Exports) write(
	ctx context.Context, meta kernel.Meta, e dataops.Export, alive func(rows int64),
) (object dataops.Object, rows int64, err error) {
	may, err := x.cfg.Rights.MayExport(ctx, e.Workspace, e.By)
	if err != nil {
		return object, 0, err
	}
	if !may {
		return object, 0, kernel.E(kernel.KindForbidden, "FORBIDDEN", "who asked for the file may no longer export tables of this workspace")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in, out := io.Pipe()
	written := make(chan error, 1)
	told := x.cfg.Clock.Now()
	go func() {
		n, err := x.cfg.Tables.Write(ctx, e, out, func(n int64) error {
			alive(n)
			if now := x.cfg.Clock.Now(); now.Sub(told) >= progressEvery {
				told = now
				return x.progress(ctx, meta, e.ID, n)
			}
			return nil
		})
		rows = n
		written <- err
		_ = out.CloseWithError(err) // never fails
	}()
	object, err = x.cfg.Files.Put(ctx, "exports/"+string(meta.Workspace)+"/"+string(e.ID), in, MaxExportBytes)
	_ = in.CloseWithError(errLeft) // never fails
	if failed := <-written; failed != nil && !errors.Is(failed, errLeft) {
		err = failed // the store says only that the file broke off
	}
	return object, rows, err
}

// progress tells the log how far the file is; errOver if it is no longer wanted.
func (x *Exports) progress(ctx context.Context, meta kernel.Meta, id kernel.ExportID, rows int64) error {
	return over(x.update(ctx, meta, id, func(list *dataops.Exports, id kernel.ExportID) error { return list.Progress(id, rows) }))
}

func (x *Exports) finish(ctx context.Context, meta kernel.Meta, e dataops.Export, o dataops.Object, rows int64) error {
	expires := x.cfg.Clock.Now().Add(dataops.ExportLasts).UTC().Truncate(time.Second)
	return over(x.update(ctx, meta, e.ID, func(list *dataops.Exports, id kernel.ExportID) error {
		return list.Finish(dataops.ExportFinished{ExportID: id, Object: o.Key, Size: o.Size, Rows: rows, ExpiresAt: expires})
	}))
}

func (x *Exports) giveUp(ctx context.Context, meta kernel.Meta, e dataops.Export, why error) error {
	err := over(x.update(ctx, meta, e.ID, func(list *dataops.Exports, id kernel.ExportID) error { return list.Fail(id, reasonOf(why)) }))
	if errors.Is(err, errOver) {
		return nil
	}
	return err
}

func over[T any](_ T, err error) error {
	switch kernel.KindOf(err) {
	case kernel.KindConflict, kernel.KindNotFound:
		return errOver
	default:
		return err
	}
}

// hopelessExport reports whether trying again would not help: what is asked for is no longer there, or no longer allowed.
func hopelessExport(err error) bool {
	switch kernel.KindOf(err) {
	case kernel.KindInvalid, kernel.KindNotFound, kernel.KindForbidden, kernel.KindTooLarge:
		return err != nil
	default:
		return false
	}
}

// reasonOf is an error in words for people.
func reasonOf(err error) string {
	var e *kernel.Error
	if !errors.As(err, &e) {
		return "the file could not be made"
	}
	if len(e.Details) == 1 {
		return fmt.Sprintf("%s: %s", e.Details[0].Field, e.Details[0].Message)
	}
	return e.Message
}
