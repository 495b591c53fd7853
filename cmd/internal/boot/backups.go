package boot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/operationapi"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/operationcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/domain/operation"
)

// backups takes backups to the place that is set for them, by schedule and when an operator asks, and proves them.
type backups struct {
	core  *core
	cfg   config.Config
	shelf *backup.Shelf // nil when no place is set
	log   *slog.Logger
	began time.Time // of this process

	mu   sync.Mutex
	list []backup.Kept // as last looked at, newest first
	seen bool
	step string // of the job that this process carries out
}

func newBackups(c *core) (*backups, error) {
	b := &backups{core: c, cfg: c.cfg, log: c.log.With("part", "backups"), began: c.clock.Now()}
	if !c.cfg.BackupTarget.IsSet() {
		return b, nil
	}
	var err error
	if b.shelf, err = shelfAt(c.cfg, c.cfg.BackupTarget.Reveal(), c.clock); err != nil {
		return nil, fmt.Errorf("MORKET_BACKUP_TARGET: %w", err)
	}
	return b, nil
}

// Has implements operationcmd.Backups.
func (b *backups) Has(ctx context.Context, name string) (bool, error) {
	if b.shelf == nil {
		return false, kernel.E(kernel.KindConflict, "NO_BACKUP_TARGET",
			"no place for backups is set: MORKET_BACKUP_TARGET and MORKET_BACKUP_PASSPHRASE name one")
	}
	_, err := b.shelf.Get(ctx, name)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return false, nil
	}
	return err == nil, err
}

func (b *backups) setStep(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.step = line
}

// backUp carries out a backup.
func (b *backups) backUp(ctx context.Context) (out operation.Outcome, err error) {
	op := watch.Begin(b.core.watch, b.core.clock, watch.Backup)
	defer b.setStep("")
	k, err := b.shelf.Add(ctx, func(w io.Writer) (backup.Kept, error) {
		h, m, _, err := writeBackup(ctx, b.core.base, w, b.setStep)
		return backup.Kept{Version: h.Version, History: h.History, Position: h.Position, Rows: m.Rows(), Objects: m.Objects.Rows}, err
	})
	var removed []string
	if err == nil {
		out.Position = k.Position
		out.Taken = &operation.Taken{Name: k.Name, Bytes: k.Bytes, Rows: k.Rows, Objects: k.Objects, Seconds: k.Seconds}
		removed, err = b.shelf.Tidy(ctx, backup.Keep{Days: b.cfg.BackupDays, Weeks: b.cfg.BackupWeeks})
	}
	op.Count(k.Rows, k.Bytes)
	op.Note("name", k.Name, "position", k.Position, "history", k.History, "objects", k.Objects, "removed", len(removed))
	op.EndWith(ctx, err)
	return out, errors.Join(err, b.refresh(ctx))
}

// maxReport is how much of a drill's report is kept, the end of it.
const maxReport = 8 << 10

// drill carries out a restore drill.
func (b *backups) drill(ctx context.Context, name string) (out operation.Outcome, err error) {
	op := watch.Begin(b.core.watch, b.core.clock, watch.Drill, "name", name)
	defer func() { op.EndWith(ctx, err) }()
	defer b.setStep("")
	k, err := b.shelf.Get(ctx, name)
	if err != nil {
		return out, err
	}
	r, err := b.shelf.Open(ctx, name)
	if err != nil {
		return out, err
	}
	var report bytes.Buffer
	good, ready, err := drillBackup(ctx, b.cfg, b.log, r, io.MultiWriter(&report, lineWriter(b.setStep)))
	err = errors.Join(err, r.Close())
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	text := report.String()
	if err != nil {
		text += err.Error() + "\n"
	}
	k.Drill = &backup.Drilled{
		At:      b.core.clock.Now(),
		Good:    good && err == nil,
		Seconds: ready.Seconds(),
		Report:  text[max(0, len(text)-maxReport):],
	}
	if told := b.shelf.Describe(ctx, k); told != nil {
		err = errors.Join(err, told)
	}
	out.Position, out.Seconds = k.Position, ready.Seconds()
	if err == nil && !good {
		out.Error = "the backup does not hold what it should:\n" + badLines(text)
	}
	op.Count(k.Rows, k.Bytes)
	op.Note("position", k.Position, "good", k.Drill.Good, "ready_after", ready)
	if err == nil && !good {
		op.End(ctx, watch.Failed, errors.New(out.Error))
	}
	return out, errors.Join(err, b.refresh(ctx))
}

// badLines are those of a report that say what is wrong.
func badLines(report string) string {
	var out []string
	for line := range strings.Lines(report) {
		if strings.Contains(line, "BAD") || strings.HasPrefix(line, "  missing:") || strings.HasPrefix(line, "  parked:") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.Join(out, "\n")
}

// lineWriter tells of each line that is written.
type lineWriter func(string)

// Write implements io.Writer.
func (w lineWriter) Write(p []byte) (int, error) {
	w(strings.TrimSpace(string(p)))
	return len(p), nil
}

// refresh reads what is on the shelf.
func (b *backups) refresh(ctx context.Context) error {
	list, err := b.shelf.List(ctx)
	if err != nil {
		return fmt.Errorf("look at the backups: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list, b.seen = list, true
	return nil
}

// lookEvery is how often a process looks at the backups.
const lookEvery = time.Minute

// watch looks at the backups until ctx ends, for readiness and the metrics.
func (b *backups) watch(ctx context.Context) error {
	for {
		if err := b.refresh(ctx); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "the backups can't be looked at", "error", err)
		}
		if err := kernel.Pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

// newest is the last backup as this process has seen it.
func (b *backups) newest() (k backup.Kept, found, seen bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) == 0 {
		return k, false, b.seen
	}
	return b.list[0], true, b.seen
}

// check is readiness' question: no backup may be older than two periods.
func (b *backups) check(context.Context) error {
	k, found, seen := b.newest()
	now, patience := b.core.clock.Now(), 2*b.cfg.BackupEvery
	switch {
	case !seen && now.Sub(b.began) > patience:
		return errors.New("the place of the backups (MORKET_BACKUP_TARGET) can't be looked at")
	case found && now.Sub(k.TakenAt) > patience && now.Sub(b.began) > b.cfg.BackupEvery:
		return fmt.Errorf("the last backup is of %s, older than two periods of %s; the operation page says why none was taken",
			k.TakenAt.Format(time.RFC3339), b.cfg.BackupEvery)
	case !found && seen && now.Sub(b.began) > patience:
		return errors.New("no backup has been taken yet; the operation page says why")
	}
	return nil
}

// tasks are the schedule, and the look at what is there.
func (b *backups) tasks(h *operationcmd.Handlers) (out []task) {
	if b.shelf == nil {
		return nil
	}
	out = []task{{name: "backups", run: b.watch}}
	if b.cfg.BackupEvery > 0 {
		out = append(out, task{
			name: "backup schedule",
			role: config.RoleProjector,
			run:  func(ctx context.Context) error { return b.schedule(ctx, h) },
		})
	}
	return out
}

func (b *backups) dependencies() []httpapi.Dependency {
	if b.shelf == nil || b.cfg.BackupEvery == 0 {
		return nil
	}
	return []httpapi.Dependency{{Name: "backups", Check: b.check}}
}

// metrics are the last backup and the last one that was proved.
func (b *backups) metrics() (out telemetry.Backups) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shelf != nil { // without a place for them nothing is due
		out.Every = b.cfg.BackupEvery
	}
	for i, k := range b.list {
		if i == 0 {
			out.Last, out.Bytes, out.Took = k.TakenAt, k.Bytes, k.Seconds
		}
		if k.Proved() && out.Proved.IsZero() {
			out.Proved = k.TakenAt
		}
	}
	return out
}

// schedule asks for backups, and for the drills that prove them, in the process that leads.
func (b *backups) schedule(ctx context.Context, h *operationcmd.Handlers) error {
	lead, err := newLeader(b.core, "backups", lookEvery)
	if err != nil {
		return err
	}
	return lead.Run(ctx, func(ctx context.Context) error {
		for {
			if err := b.due(ctx, h); err != nil {
				return err
			}
			if err := kernel.Pause(ctx, b.pause()); err != nil {
				return err
			}
		}
	})
}

// pause is how soon the schedule looks again.
func (b *backups) pause() time.Duration { return min(lookEvery, b.cfg.BackupEvery/10) } //nolint:mnd // a tenth of the period is near enough

// due asks for the backup or drill that is due.
func (b *backups) due(ctx context.Context, h *operationcmd.Handlers) error {
	if err := b.refresh(ctx); err != nil {
		return err
	}
	jobs, err := h.Jobs(ctx)
	if err != nil {
		return err
	}
	start, is := nextBackup(b.list, jobs, b.cfg, b.core.clock.Now())
	if !is {
		return nil
	}
	_, err = h.Start(ctx, kernel.Meta{Actor: kernel.System(), CorrelationID: "backup schedule"}, start)
	if kernel.KindOf(err) == kernel.KindConflict { // an operator's job is under way
		return nil
	}
	return err
}

// nextBackup says what is due: a backup when the newest is older than the period and none has failed within a tenth of it, then the drill
// of the newest, once.
func nextBackup(list []backup.Kept, jobs []operation.Job, cfg config.Config, now time.Time) (start operationcmd.Start, is bool) {
	var tried time.Time
	drilled := map[string]bool{}
	for _, j := range jobs {
		if j.Open() {
			return start, false
		}
		if j.Kind == operation.Backup && j.RequestedAt.After(tried) {
			tried = j.RequestedAt
		}
		if j.Kind == operation.Drill {
			drilled[j.Backup] = true
		}
	}
	if len(list) == 0 || now.Sub(list[0].TakenAt) >= cfg.BackupEvery {
		return operationcmd.Start{Kind: operation.Backup}, now.Sub(tried) >= cfg.BackupEvery/10 //nolint:mnd // see above
	}
	newest := list[0]
	if cfg.BackupDrill && newest.Drill == nil && !drilled[newest.Name] {
		return operationcmd.Start{Kind: operation.Drill, Backup: newest.Name}, true
	}
	return start, false
}

// Status implements operationapi.Backups.
func (b *backups) Status(ctx context.Context) (operationapi.BackupStatus, error) {
	out := operationapi.BackupStatus{Backups: []operationapi.Backup{}}
	if b.shelf == nil {
		return out, nil
	}
	out.Configured, out.EverySeconds, out.Drills = true, b.cfg.BackupEvery.Seconds(), b.cfg.BackupDrill
	list, err := b.shelf.List(ctx)
	if err != nil {
		return out, err
	}
	for _, k := range list {
		one := operationapi.Backup{
			Name:     k.Name,
			TakenAt:  k.TakenAt,
			Version:  k.Version,
			History:  k.History,
			Position: k.Position,
			Rows:     k.Rows,
			Objects:  k.Objects,
			Bytes:    k.Bytes,
			Seconds:  k.Seconds,
			Verdict:  "unproved",
		}
		if d := k.Drill; d != nil {
			one.Verdict, one.DrilledAt, one.DrillSeconds, one.Report = "bad", &d.At, d.Seconds, d.Report
			if d.Good {
				one.Verdict = "good"
			}
		}
		out.Backups = append(out.Backups, one)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out.Step = b.step
	return out, nil
}
