package boot

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/creditread"
	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

const (
	uploadsWait = 24 * time.Hour // an upload that nobody commits
	keyMonth    = 31 * 24 * time.Hour
	sweepBatch  = 5000
)

// newSweeper makes what clears away what has had its time. Idempotency keys are the log's own to prune, and what an interrupted upload left lies on
// each machine for itself: both do it by themselves.
func (s *server) newSweeper() (*sweeper.Sweeper, error) {
	return sweeper.New(sweeper.Config{
		Leadership: pgleader.New(s.pool, "sweeps"), Clock: s.clock, Logger: s.log.With("part", "sweeps"),
		Sweeps: []sweeper.Sweep{
			{Name: "uploads", Every: time.Hour, Run: s.sweepUploads},
			{Name: "files", Every: time.Hour, Run: s.sweepFiles},
			{Name: "trash", Every: 6 * time.Hour, Run: s.sweepTrash},
			{Name: "sessions", Every: time.Hour, Run: s.sweepSessions},
			{Name: "answers", Every: 24 * time.Hour, Run: s.sweepAnswers},
			{Name: "ledgers", Every: time.Hour, Run: s.signLedgers},
			{Name: "quotas", Every: time.Hour, Run: s.shared.quotas.Forget},
			{Name: "keys", Every: time.Hour, Run: func(ctx context.Context) (int, error) { return s.ring.Rewrap(ctx, sweepBatch) }},
		},
	})
}

func system(ws kernel.WorkspaceID) kernel.Meta {
	return kernel.Meta{Actor: kernel.System(), Workspace: ws, CorrelationID: "sweep"}
}

// sweepUploads removes uploads that nobody has committed for a day.
func (s *server) sweepUploads(ctx context.Context) (int, error) {
	list, err := dataopsread.NewQueries(s.rows).Waiting(ctx, s.clock.Now().Add(-uploadsWait), sweepBatch)
	if err != nil {
		return 0, err
	}
	return each(list, func(u dataopsread.Upload) (bool, error) {
		return s.dataOps.handlers.Expire(ctx, system(u.Workspace), u.Import)
	})
}

// sweepTrash removes for good what has been in the trash for its time.
func (s *server) sweepTrash(ctx context.Context) (n int, err error) {
	var after kernel.TableID
	for {
		list, e := s.tables.grid.InTrash(ctx, s.clock.Now().Add(-table.TrashTime), after, sweepBatch)
		if err = errors.Join(err, e); e != nil || len(list) == 0 {
			return n, err
		}
		for _, t := range list {
			done, e := s.tables.handlers.Purge(ctx, system(t.Workspace), t.Table)
			n, err = n+done, errors.Join(err, e)
		}
		after = list[len(list)-1].Table
	}
}

// sweepSessions closes sessions that can't be refreshed any more, so that an account's list holds living ones only.
func (s *server) sweepSessions(ctx context.Context) (int, error) {
	list, err := authread.NewQueries(s.rows).Expired(ctx, s.clock.Now(), sweepBatch)
	if err != nil {
		return 0, err
	}
	return each(list, func(id kernel.SessionID) (bool, error) { return s.accounts.auth.ExpireSession(ctx, system(""), id) })
}

// signLedgers proves each ledger and signs its head, once a day.
func (s *server) signLedgers(ctx context.Context) (n int, err error) {
	reads := creditread.NewQueries(s.pool)
	return n, s.eachLedger(ctx, func(ws kernel.WorkspaceID) error {
		shown, e := reads.Balance(ctx, ws)
		if e == nil {
			var signed bool
			if signed, e = s.credits.credits.SignHead(ctx, system(ws), ws, shown.Shown()); signed {
				n++
			}
		}
		if e != nil {
			s.log.ErrorContext(ctx, "sign a ledger's head", "workspace", ws, "error", e)
		}
		return ctx.Err()
	})
}

// each removes what can be removed of a list: what can't doesn't keep the rest.
func each[T any](list []T, remove func(T) (bool, error)) (n int, err error) {
	for _, item := range list {
		done, e := remove(item)
		if done {
			n++
		}
		err = errors.Join(err, e)
	}
	return n, err
}

// sweepAnswers makes recorded answers unreadable whose time is over. A key is made with the first answer of its month, so it is kept a
// month longer than its answers have to be.
func (s *server) sweepAnswers(ctx context.Context) (int, error) {
	keep := time.Duration(s.cfg.AnswersDays) * 24 * time.Hour
	n, err := s.ring.DestroyOlder(ctx, enrichment.AnswerKeys, s.clock.Now().Add(-keep-keyMonth))
	return int(n), err
}
