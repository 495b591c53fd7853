package creditcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// HeadCategory is the category of the streams with a ledger's signed heads; the id is the workspace's. They are not in the ledger's own
// stream, so that a forger of that must also find and cut these, and what has followed the log holds them anyway.
const HeadCategory = "ledgerhead"

const provePage = 1000

// Known is what a ledger is compared with besides itself.
type Known struct {
	Shown      *credit.Shown // the balance of a read model
	ExpectSeq  int64         // an entry that it must hold; 0: none
	ExpectHash string
}

// Prove checks the workspace's whole ledger, read from the log and not from a read model.
func (l *Ledger) Prove(ctx context.Context, ws kernel.WorkspaceID, known Known) (*credit.Proof, error) {
	p := credit.NewProof(ws, l.keys)
	if known.ExpectSeq != 0 {
		p.Expect(known.ExpectSeq, known.ExpectHash)
	}
	if known.Shown != nil && known.Shown.Seq > 0 {
		p.Compare(*known.Shown)
	}
	err := l.each(ctx, eventstore.Stream(HeadCategory, string(ws)), func(r eventstore.Recorded) error {
		var h credit.HeadSigned
		if err := json.Unmarshal(r.Data, &h); err != nil {
			return err
		}
		p.Witness(h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the signed heads: %w", err)
	}
	types := kernel.EventTypes(credit.Entries()...)
	err = l.each(ctx, eventstore.Stream(Category, string(ws)), func(r eventstore.Recorded) error {
		if !slices.Contains(types, r.Type) {
			p.Pass(r.Version, r.Position)
			return nil
		}
		meta, err := r.Meta()
		if err != nil {
			return err
		}
		e := credit.Placed{StreamVersion: r.Version, Position: r.Position, By: meta.Actor}
		if err := json.Unmarshal(r.Data, &e.Entry); err != nil {
			return err
		}
		p.Add(e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	p.End()
	return p, nil
}

// each reads a stream page by page.
func (l *Ledger) each(ctx context.Context, stream eventstore.StreamID, do func(eventstore.Recorded) error) error {
	for version := int64(0); ; {
		events, err := l.store.ReadStream(ctx, stream, version, provePage)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return nil
		}
		for _, r := range events {
			if err := do(r); err != nil {
				return fmt.Errorf("event %d: %w", r.Position, err)
			}
			version = r.Version
		}
	}
}

// Prove checks the ledger as Ledger.Prove does, and closes one that does not prove by itself for writing. An expectation of the caller
// or a read model that is wrong closes nothing: the ledger may be right.
func (h *Handlers) Prove(ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, known Known) (*credit.Proof, error) {
	p, err := h.ledger.Prove(ctx, ws, known)
	if err != nil || p.OK {
		return p, err
	}
	own := p
	if known != (Known{}) {
		if own, err = h.ledger.Prove(ctx, ws, Known{}); err != nil || own.OK {
			return p, err
		}
	}
	meta = meta.As("credit.close")
	meta.Workspace = ws
	meta.IdempotencyKey = fmt.Sprintf("ledger-closed/%s/%d/%d", ws, own.Entries, own.FirstBad.Seq)
	meta.Fingerprint = meta.IdempotencyKey
	return p, h.ledger.close(ctx, meta, ws, reason(own), h.clock.Now())
}

func reason(p *credit.Proof) string {
	return fmt.Sprintf("entry %d: %s", p.FirstBad.Seq, p.FirstBad.Reason)
}

// close writes that the ledger is closed, once. It is written also where the stream can't be folded any more, so that it is told and kept.
func (l *Ledger) close(ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, reason string, at time.Time) error {
	_, err := l.commit(ctx, ws, &request{meta: meta, repairs: true, decide: func(a *credit.Account) error { return a.Close(reason, at) }})
	if err == nil || !errors.Is(err, credit.ErrClosed()) {
		return err
	}
	closed := eventstore.At(eventstore.Stream(Category, string(ws)), eventstore.Any, credit.Closed{Reason: reason, At: at.UTC()})
	closing, err := l.codec.Append(meta, nil, closed)
	if err != nil {
		return err
	}
	_, err = l.store.Append(ctx, closing)
	return err
}

// Reopen opens a closed ledger again. Only operators may, and only one that proves.
type Reopen struct {
	Workspace kernel.WorkspaceID
	Note      string // what was found
}

// Validate checks the command by itself.
func (c Reopen) Validate() error {
	const maxNote = 500
	return kernel.Check(kernel.Field("note", c.Note, kernel.Sized(1, maxNote, "say in 1 to %d bytes what was found", maxNote)))
}

// Reopen carries out a Reopen.
func (h *Handlers) Reopen(ctx context.Context, meta kernel.Meta, c Reopen) (commands.Result[Granted], error) {
	if err := c.Validate(); err != nil {
		return commands.Result[Granted]{}, err
	}
	p, err := h.ledger.Prove(ctx, c.Workspace, Known{})
	if err != nil {
		return commands.Result[Granted]{}, err
	}
	if !p.OK {
		return commands.Result[Granted]{}, credit.ClosedBecause(reason(p))
	}
	meta.Workspace = c.Workspace
	var b Granted
	r := &request{meta: meta.As("credit.reopen"), result: &b, repairs: true, decide: func(a *credit.Account) error {
		if err := a.Reopen(c.Note, h.clock.Now()); err != nil {
			return err
		}
		b = balanceOf(a)
		return nil
	}}
	done, err := h.ledger.commit(ctx, c.Workspace, r)
	if err != nil {
		return commands.Result[Granted]{}, err
	}
	return commands.Reply(done, b)
}

// SignHead proves the ledger and signs how far it has come, once for each day of the clock; it reports whether it did. A ledger whose
// last entry is signed with another key than the present one is signed anew first, so that the old key can go. One that does not prove is
// closed.
func (h *Handlers) SignHead(ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, shown *credit.Shown) (bool, error) {
	now := h.clock.Now()
	meta = meta.As("credit.sign_head")
	meta.Workspace = ws
	key := "ledger-head/" + string(ws) + "/" + now.UTC().Format(time.DateOnly) + "/" + h.ledger.keys.Current()
	if _, done, err := h.ledger.store.Command(ctx, key); err != nil || done {
		return false, err
	}
	_, err := h.ledger.Commit(ctx, meta, ws, nil, func(a *credit.Account) error { return a.Seal(now) })
	if err != nil && !errors.Is(err, credit.ErrClosed()) {
		return false, err
	}
	p, err := h.Prove(ctx, meta, ws, Known{Shown: shown})
	if err != nil {
		return false, err
	}
	head, ok := p.SignHead(now)
	if !ok {
		if p.FirstBad != nil {
			return false, fmt.Errorf("the ledger of %s does not prove: %s", ws, reason(p))
		}
		return false, nil
	}
	meta.IdempotencyKey, meta.Fingerprint = key, key
	signing, err := h.ledger.codec.Append(meta, nil, eventstore.At(eventstore.Stream(HeadCategory, string(ws)), eventstore.Any, head))
	if err != nil {
		return false, err
	}
	done, err := h.ledger.store.Append(ctx, signing)
	return err == nil && !done.Replayed, err
}
