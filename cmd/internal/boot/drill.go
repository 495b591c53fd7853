package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
)

// Drill proves a backup: it restores it aside, into a Postgres of its own in a temporary folder, makes the read models and verifies
// everything. It reports whether all holds. Nothing is sent anywhere, and nothing is left.
func Drill(ctx context.Context, cfg config.Config, log *slog.Logger, from io.Reader, out io.Writer) (ok bool, err error) {
	ok, _, err = drillBackup(ctx, cfg, log, from, out)
	return ok, err
}

// drillBackup also returns how long it took to be ready to serve.
func drillBackup(
	ctx context.Context, cfg config.Config, log *slog.Logger, from io.Reader, out io.Writer,
) (ok bool, ready time.Duration, err error) {
	return drill(ctx, drillConfig(cfg), "backup", log, out, func(ctx context.Context, aside config.Config) error {
		return Restore(ctx, aside, log, from, out)
	})
}

// DrillUntil proves the archive at the place as Drill does a backup, by what it has of a point in time. Uploads that are in a bucket are
// looked for there, since the archive leaves them to it.
func DrillUntil(ctx context.Context, cfg config.Config, log *slog.Logger, place string, until Until, out io.Writer) (ok bool, err error) {
	settings := drillConfig(cfg)
	settings.S3URL = cfg.S3URL
	ok, _, err = drill(ctx, settings, "archive", log, out, func(ctx context.Context, aside config.Config) error {
		return RestoreUntil(ctx, aside, log, place, until, out)
	})
	return ok, err
}

// drill restores with the settings but for the folder, which is a temporary one.
func drill(
	ctx context.Context, aside config.Config, what string, log *slog.Logger, out io.Writer, restore func(context.Context, config.Config) error,
) (ok bool, ready time.Duration, err error) {
	dir, err := os.MkdirTemp("", "morket-drill-")
	if err != nil {
		return false, 0, err
	}
	defer func() {
		if left := os.RemoveAll(dir); left != nil {
			err = errors.Join(err, fmt.Errorf("remove what the drill has made: %w", left))
		}
	}()
	aside.DataDir = filepath.Join(dir, "data")
	if err := passable(dir); err != nil {
		return false, 0, err
	}
	clock := kernel.SystemClock{}
	began := clock.Now()
	if err := restore(ctx, aside); err != nil {
		return false, 0, err
	}
	p, err := Open(ctx, aside, log)
	if err != nil {
		return false, 0, err
	}
	defer p.Close() //nolint:contextcheck // the last traces have a time of their own
	if err := p.makeMissing(ctx); err != nil {
		return false, 0, err
	}
	ready = clock.Now().Sub(began)
	printf(out, "restored, with its read models, and ready to serve in %.1f s\n", ready.Seconds())
	ok, err = p.Verify(ctx, out)
	if err == nil {
		printf(out, "%s in %.1f s\n", verdictOf(what, ok), clock.Now().Sub(began).Round(time.Millisecond).Seconds())
	}
	return ok, ready, err
}

// drillConfig are the settings of an installation of its own, embedded and without anything that is shared or reached by others.
func drillConfig(cfg config.Config) config.Config {
	return config.Config{
		CacheDir: cfg.CacheDir, PGBin: cfg.PGBin, Passphrase: cfg.Passphrase, PublicURL: cfg.PublicURL, HTTPAddr: cfg.HTTPAddr,
		Roles: cfg.Roles, LogLevel: cfg.LogLevel, LogFormat: cfg.LogFormat, QueryTimeout: cfg.QueryTimeout, StopWithin: cfg.StopWithin,
		AnswersDays: cfg.AnswersDays, ProviderPrices: cfg.ProviderPrices,
	}
}

// passable lets the ordinary user that Postgres runs as pass through root's folder.
func passable(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chmod(dir, 0o711)
}

func verdictOf(what string, ok bool) string {
	if ok {
		return "the " + what + " is good: restored, made anew and verified"
	}
	return "the " + what + " is BAD: see above;"
}
