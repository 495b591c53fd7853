package dataopscmd

import (
	"context"
	"errors"
	"strconv"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Lost notes that a worker was lost over the import; it is called before Run goes on with it.
func (im *Importer) Lost(ctx context.Context, id kernel.ImportID) error {
	imp, version, err := im.h.imports.Load(ctx, string(id))
	if err != nil || imp.State != dataops.StateImporting && !imp.Undoing {
		return err
	}
	w := &work{Importer: im, imp: imp, version: version, alive: func(dataops.Summary) {}, meta: im.meta(imp)}
	if _, err = w.append(ctx, "lost/"+strconv.FormatInt(version, 10), (*dataops.Import).LoseWorker); errors.Is(err, errMoved) {
		return nil // somebody else works on it
	}
	return err
}

// do carries the import or its undoing on. A stretch over which too many workers were lost is given up; what has been brought in, or
// taken back, until then stays. Over a suspect stretch the process does nothing else that is suspect.
func (w *work) do(ctx context.Context) error {
	if w.imp.Suspect() {
		if w.imp.Killed >= quarantine.MostKills {
			return w.giveUp(ctx)
		}
		leave, err := w.ward.Enter(ctx, w.limits.WaitStep, func() { w.alive(w.imp.Summary()) })
		if err != nil {
			return err
		}
		w.leave = leave
		defer func() {
			if w.leave != nil {
				w.leave()
			}
		}()
	}
	if w.imp.Undoing {
		return w.undo(ctx)
	}
	if w.imp.CopyOf != "" {
		return w.copy(ctx)
	}
	return w.file(ctx)
}

// discharge leaves the ward when the suspect stretch is behind.
func (w *work) discharge() {
	if w.leave != nil && !w.imp.Suspect() {
		w.leave()
		w.leave = nil
	}
}

func (w *work) giveUp(ctx context.Context) error {
	if !w.imp.Undoing {
		return hopeless{quarantine.Reason("the part of the file after line " + strconv.FormatInt(w.imp.Next.Line, 10))}
	}
	_, err := w.append(ctx, "undone"+w.again(),
		func(i *dataops.Import) error { return i.FinishUndo(quarantine.Reason("what is left of the undo")) })
	return err
}
