package boot

import (
	"context"
	"fmt"
	"io"

	"github.com/morket/morket/projections"
)

// Verify checks the log's invariants and rebuilds every read model aside to compare it with the live one. It reports
// whether everything holds.
func (p *Platform) Verify(ctx context.Context, out io.Writer) (bool, error) {
	problems, err := p.core.store.Verify(ctx)
	if err != nil {
		return false, fmt.Errorf("verify the log: %w", err)
	}
	head, err := p.core.store.Head(ctx)
	if err != nil {
		return false, err
	}
	printf(out, "%-14s %s\n", "log", verdict(len(problems) == 0, fmt.Sprintf("%d events, dense, every stream whole", head)))
	for _, problem := range problems {
		printf(out, "  %s\n", problem)
	}
	printf(out, "%-14s %s, from position %d on\n", "history", p.core.history.ID(), p.core.history.now.Load().Since)
	ok, err := verifyLedgers(ctx, p.core, out)
	if err != nil {
		return false, err
	}
	files, err := verifyFiles(ctx, p.core, out)
	if err != nil {
		return false, err
	}
	ok = ok && files && len(problems) == 0
	for _, pr := range p.views.projectors() {
		v, err := projections.Verify(ctx, projections.RebuildConfig{RunnerConfig: p.views.runnerConfig(pr)})
		if err != nil {
			return false, fmt.Errorf("verify %s: %w", pr.Name(), err)
		}
		same := len(v.Differs) == 0 && len(v.Parked) == 0
		ok = ok && same
		printf(out, "%-14s %s\n", pr.Name(), verdict(same, fmt.Sprintf("live = rebuilt at position %d", v.Position)))
		for _, d := range v.Differs {
			printf(out, "  table %s: live %d rows (%s), rebuilt %d rows (%s)\n", d.Table, d.Live.Rows, d.Live.Sum, d.Rebuilt.Rows, d.Rebuilt.Sum)
		}
		for _, parked := range v.Parked {
			printf(out, "  parked: %s at position %d (%s): %s\n", parked.Stream, parked.Position, parked.EventType, parked.Error)
		}
	}
	return ok, nil
}

func verdict(ok bool, good string) string {
	if ok {
		return "ok    " + good
	}
	return "BAD"
}

// Rebuild makes the named read models anew (all when none is named) while the live ones serve.
func (p *Platform) Rebuild(ctx context.Context, out io.Writer, names []string) error {
	known := map[string]projections.Projector{}
	for _, pr := range p.views.projectors() {
		known[pr.Name()] = pr
	}
	if len(names) == 0 {
		for _, pr := range p.views.projectors() {
			names = append(names, pr.Name())
		}
	}
	for _, name := range names {
		pr, ok := known[name]
		if !ok {
			return fmt.Errorf("there is no projection %q", name)
		}
		done, err := projections.Rebuild(ctx, projections.RebuildConfig{RunnerConfig: p.views.runnerConfig(pr), Compare: true})
		if err != nil {
			return fmt.Errorf("rebuild %s: %w", name, err)
		}
		printf(out, "%-14s rebuilt at position %d, %d differences from before, %d streams parked\n", name, done.Position, len(done.Differs),
			len(done.Parked))
	}
	return nil
}
