package findcmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
)

// Imports brings a file into a table. What it does is one step of undo.
type Imports interface {
	// Upload stores a file of JSON Lines and says which import it waits in.
	Upload(ctx context.Context, meta kernel.Meta, table kernel.TableID, name string, lines io.Reader) (kernel.ImportID, error)
	// Begin lets the import begin: members of the lines go into columns; with a key, rows that the table has are left out. It does nothing
	// to an import that has begun. Its errors with a kind other than internal say why it can't.
	Begin(ctx context.Context, meta kernel.Meta, id kernel.ImportID, d find.Definition) error
}

// takeOver has the rows imported and ends the run.
func (w *work) takeOver(ctx context.Context) error {
	if w.run.Rows() == 0 {
		return w.end(ctx, "")
	}
	d := w.run.Started().Definition
	meta := w.meta()
	if w.run.ImportID() == "" {
		id, err := w.Imports.Upload(ctx, meta, d.TableID, d.Name+".jsonl", &pages{ctx: ctx, work: w})
		if err != nil {
			return w.hindered(ctx, err)
		}
		if err := w.append(ctx, func(r *find.Run) error { return r.Gather(id) }); err != nil {
			return err
		}
	}
	if err := w.Imports.Begin(ctx, meta, w.run.ImportID(), d); err != nil {
		return w.hindered(ctx, err)
	}
	return w.end(ctx, "")
}

// hindered ends the run if the error is of the table or the file; an error of ours is tried again.
func (w *work) hindered(ctx context.Context, err error) error {
	switch kernel.KindOf(err) {
	case kernel.KindInternal, kernel.KindUnavailable, kernel.KindRateLimited:
		return err
	default:
		return w.end(ctx, "what was found could not be taken over: "+err.Error())
	}
}

func (w *work) end(ctx context.Context, hindrance string) error {
	return w.append(ctx, func(r *find.Run) error { return r.End(hindrance, w.h.cfg.Clock.Now()) })
}

// pages reads the rows of all pages one after the other, out of the run's stream.
type pages struct {
	ctx   context.Context //nolint:containedctx // lives as long as the one upload
	work  *work
	after int64
	open  bytes.Reader
}

// streamPage is how many events are read at once: a page of rows is some 40 KB.
const streamPage = 20

// Read implements io.Reader.
func (p *pages) Read(b []byte) (int, error) {
	for p.open.Len() == 0 {
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	return p.open.Read(b)
}

// next opens the pages among the next events.
func (p *pages) next() error {
	h := p.work.h
	events, err := h.cfg.Store.ReadStream(p.ctx, h.runs.Stream(string(p.work.id())), p.after, streamPage)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return io.EOF
	}
	var lines []byte
	for _, rec := range events {
		p.after = rec.Version
		e, err := h.cfg.Codec.Decode(rec)
		if err != nil {
			return err
		}
		found, ok := e.(find.PageFound)
		if !ok || len(found.Sealed) == 0 {
			continue
		}
		plain, ok, err := p.work.Sealer.Open(p.ctx, p.work.subject(), found.Sealed)
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("the key of what was found is destroyed")
		}
		lines = slices.Concat(lines, plain)
	}
	p.open.Reset(lines)
	return nil
}
