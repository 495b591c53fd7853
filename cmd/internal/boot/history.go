package boot

import (
	"context"

	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// history is the log's history as this process found it at its start. It changes only when the log is restored, and nothing runs then.
type history struct {
	log *pgstore.Store
	now pgstore.History
}

// ID names it.
func (h *history) ID() string { return h.now.ID }

// Common returns the last position that another history shares with it.
func (h *history) Common(ctx context.Context, other string) (int64, error) {
	return h.log.Common(ctx, other)
}

// findHistory finds out which history the log is in. A store beside Postgres that holds more than the log shows that the log was restored
// by other means than the restore command, so that a new history has to begin.
func (p *Platform) findHistory(ctx context.Context) (err error) {
	if p.history.now, err = p.history.log.History(ctx); err != nil {
		return err
	}
	for name, side := range map[string]*sidestore.Store{analyticsview.NameClickHouse: p.analytics.side, searchview.NameOpenSearch: p.searchSide} {
		if side == nil {
			continue
		}
		ahead, err := side.Ahead(ctx, name)
		if err != nil {
			return err
		}
		if !ahead {
			continue
		}
		p.log.WarnContext(ctx, "a store holds more than the log: the log was restored to an earlier position, and a new history begins", "projection", name)
		if p.history.now, err = pgstore.BeginHistoryAfter(ctx, p.pool, p.history.now.ID, name+" held more than the log"); err != nil {
			return err
		}
	}
	p.encoder = p.encoder.In(p.history.now.ID)
	return nil
}
