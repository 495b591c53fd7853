package boot

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/projections"
)

// Platform is what the program's commands stand on: an installation that is open and up to date, and its read models.
type Platform struct {
	core      *core
	views     *views
	providers *enrichment.Registry
	pages     *Pages
}

// Open connects to the database, starting the embedded one if it is not running yet, and brings the schemas up to date.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger) (*Platform, error) {
	cfg, err := cfg.EnsureKeys()
	if err != nil {
		return nil, err
	}
	p := &Platform{core: newCore(cfg, log), views: &views{}}
	p.pages, err = NewPages(PagesConfig{
		Settings: cfg,
		Clock:    p.core.clock,
		Logger:   log.With("part", "scraper"),
		Measure:  measured(p.core.metrics, "pages"),
		OnFetch:  counted(p.core.metrics),
	})
	if err != nil {
		return nil, err
	}
	if p.providers, err = Providers(cfg, p.core.clock, p.pages, measured(p.core.metrics, "providers")); err != nil {
		return nil, err // before anything is started: it is a matter of the settings
	}
	if err := p.open(ctx); err != nil {
		p.Close() //nolint:contextcheck // the last traces have a time of their own
		return nil, err
	}
	return p, nil
}

func (p *Platform) open(ctx context.Context) error {
	err := p.core.open(ctx)
	if err != nil {
		return err
	}
	if p.views, err = openViews(p.core); err != nil {
		return err
	}
	if err := findHistory(ctx, p.core, p.views.sides()); err != nil {
		return err
	}
	return p.views.expand(ctx)
}

// Close ends everything that Open began, in the opposite order.
func (p *Platform) Close() {
	p.pages.Close()
	p.views.close()
	p.core.close()
}

// makeMissing makes every read model from the log that isn't there.
func (p *Platform) makeMissing(ctx context.Context) error {
	for _, pr := range p.views.projectors() {
		cfg := p.views.runnerConfig(pr)
		at, there, err := cfg.Store.Checkpoint(ctx, projections.LiveOf(pr.Name()))
		if there = there && at.Version == pr.Version(); err == nil && !there {
			_, err = projections.Rebuild(ctx, projections.RebuildConfig{RunnerConfig: cfg})
		}
		if err != nil {
			return fmt.Errorf("make %s: %w", pr.Name(), err)
		}
	}
	return nil
}
