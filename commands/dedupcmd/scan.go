package dedupcmd

import (
	"context"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
)

// Bounds of what a scan appends.
const (
	rowsPerProgress  = 20_000
	pairsPerProgress = 1_000_000
	groupsPerEvent   = 100
	pairsPerEvent    = 1_000
)

// scan looks for duplicates from the beginning: what a lost worker has told does not count.
func (w *work) scan(ctx context.Context) error {
	if err := w.append(ctx, (*dedup.Job).Restart); err != nil {
		return err
	}
	s, err := w.scanner(ctx)
	if err != nil {
		return err
	}
	started := w.job.ScanOf()
	columns := make([]kernel.ColumnID, len(started.Definition.Keys))
	for i, k := range started.Definition.Keys {
		columns[i] = k.ColumnID
	}
	if _, err := w.h.cfg.Tables.Schema(ctx, started.Workspace, started.TableID); err != nil {
		return err
	}
	if err := w.h.cfg.Tables.Settle(ctx, started.TableID); err != nil {
		return err
	}
	rows := 0
	err = w.h.cfg.Grid.Scan(ctx, started.Workspace, started.TableID, columns, func(row kernel.RowID, texts []string) error {
		key, err := row.Key()
		if err != nil {
			return err
		}
		if rows++; rows%rowsPerProgress == 0 {
			w.alive(rows)
			if err := w.append(ctx, func(j *dedup.Job) error { return j.Progress(rows, 0) }); err != nil {
				return err
			}
		}
		return s.Add(key, texts)
	})
	if err != nil {
		return err
	}
	if err := w.append(ctx, func(j *dedup.Job) error { return j.Progress(rows, 0) }); err != nil {
		return err
	}
	groups, told, err := s.Groups(func(pairs int) error {
		w.alive(pairs)
		if pairs%pairsPerProgress != 0 {
			return ctx.Err()
		}
		return w.append(ctx, func(j *dedup.Job) error { return j.Progress(rows, pairs) })
	})
	if err != nil {
		return err
	}
	if err := w.tell(ctx, groups); err != nil {
		return err
	}
	return w.end(ctx, "", &told)
}

// scanner makes the scanner with what people have said of pairs.
func (w *work) scanner(ctx context.Context) (*dedup.Scanner, error) {
	type pair struct{ a, b kernel.RowKey }
	apart := map[pair]bool{}
	err := w.h.cfg.Known.Apart(ctx, w.job.Table(), func(a, b kernel.RowID) {
		ka, errA := a.Key()
		kb, errB := b.Key()
		if errA == nil && errB == nil {
			apart[pair{ka, kb}], apart[pair{kb, ka}] = true, true
		}
	})
	if err != nil {
		return nil, err
	}
	return dedup.NewScanner(w.job.ScanOf().Definition, func(a, b kernel.RowKey) bool { return apart[pair{a, b}] })
}

// tell appends the groups, a bounded number in each event.
func (w *work) tell(ctx context.Context, groups []dedup.Group) error {
	for len(groups) > 0 {
		n, pairs := 0, 0
		for n < len(groups) && n < groupsPerEvent && (n == 0 || pairs+len(groups[n].Pairs) <= pairsPerEvent) {
			pairs += len(groups[n].Pairs)
			n++
		}
		part := groups[:n]
		groups = groups[n:]
		if err := w.append(ctx, func(j *dedup.Job) error { return j.Find(part) }); err != nil {
			return err
		}
		w.alive(len(groups))
	}
	return nil
}
