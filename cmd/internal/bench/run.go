package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/cmd/internal/config"
)

// The steps, in the order in which they run.
const (
	StepLog        = "log"
	StepProjection = "projection"
	StepRelay      = "relay"
	StepAnalytics  = "analytics"
	StepSearch     = "search"
	StepImport     = "import"
	StepBytes      = "bytes"
	StepGrid       = "grid"
	StepRun        = "run"
	StepWorkflow   = "workflow"
	StepCompanies  = "companies"
)

// Steps lists them.
func Steps() []string {
	return []string{
		StepLog, StepProjection, StepRelay, StepAnalytics, StepSearch, StepImport, StepBytes, StepGrid, StepRun, StepWorkflow, StepCompanies,
	}
}

// Config says what to measure.
type Config struct {
	Step      string        // one of Steps; empty: all
	Server    config.Config // of the server that is measured; its folders, addresses and limits are replaced
	Rows      int           // of the files that are imported; 0: 100,000 and 70,000
	Documents int           // that are searched; 0: 1,000,000
	Profiles  string        // folder for a CPU profile of each part of the steps and what was allocated by its end; empty: none
	Progress  io.Writer
}

func (c Config) wants(steps ...string) bool {
	for _, s := range steps {
		if c.Step == "" || c.Step == s {
			return true
		}
	}
	return false
}

// Run measures on servers of its own in a temporary folder, with everything durable as in production.
func Run(ctx context.Context, cfg Config) (report Report, err error) {
	dir, err := os.MkdirTemp("", "morket-bench-")
	if err != nil {
		return report, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return report, err
	}
	report = Report{At: time.Now(), CPUs: runtime.NumCPU(), Load: load()}
	r := &run{Config: cfg, dir: dir}
	if cfg.wants(StepLog, StepProjection, StepRelay, StepAnalytics, StepSearch) {
		err = r.onPostgres(ctx)
	}
	if err == nil && cfg.wants(StepImport, StepBytes, StepGrid, StepRun, StepWorkflow) {
		err = r.onServer(ctx)
	}
	if err == nil && cfg.wants(StepCompanies) {
		err = r.onCompanies(ctx)
	}
	report.Figures = r.figures
	report.Load += " → " + load()
	return report, err
}

// run collects figures.
type run struct {
	Config
	dir     string
	figures []Ratio
}

// step runs one step.
func (r *run) step(ctx context.Context, name string, fn func(context.Context) ([]Ratio, error)) error {
	if !r.wants(name) {
		return nil
	}
	_, _ = fmt.Fprintf(r.Progress, "measuring: %s …\n", name)
	figures, err := fn(ctx)
	r.figures = append(r.figures, figures...)
	if err != nil {
		return fmt.Errorf("measure %s: %w", name, err)
	}
	return nil
}

// profiled runs a part of a step under the profiler, if that is wanted.
func (r *run) profiled(name string, fn func() ([]Ratio, error)) ([]Ratio, error) {
	stop, err := r.profile(name)
	if err != nil {
		return nil, err
	}
	figures, err := fn()
	return figures, errors.Join(err, stop())
}

func (r *run) profile(name string) (stop func() error, err error) {
	if r.Profiles == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(r.Profiles, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(r.Profiles, name+".cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(f.Close(), r.allocations(name))
	}, nil
}

// allocations writes what has been allocated since the bench began.
func (r *run) allocations(name string) error {
	f, err := os.Create(filepath.Join(r.Profiles, name+".allocs.pprof"))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// onPostgres runs the steps that need a database only.
func (r *run) onPostgres(ctx context.Context) (err error) {
	pg, err := pgchild.Start(ctx, pgchild.Config{
		BinDir:         r.Server.PGBin,
		CacheDir:       r.Server.CacheDir,
		DataDir:        filepath.Join(r.dir, "postgres"),
		MaxConnections: 200,
		Logger:         slog.New(slog.DiscardHandler), //nolint:mnd // the step log has 128 clients
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	if err := r.step(ctx, StepLog, func(ctx context.Context) ([]Ratio, error) {
		return r.profiled(StepLog, func() ([]Ratio, error) { return Log(ctx, pg.DSN()) })
	}); err != nil {
		return err
	}
	if err := r.step(ctx, StepProjection, func(ctx context.Context) ([]Ratio, error) {
		return r.profiled(StepProjection, func() ([]Ratio, error) { return Projection(ctx, pg.DSN()) })
	}); err != nil {
		return err
	}
	if err := r.step(ctx, StepRelay, func(ctx context.Context) ([]Ratio, error) {
		figures, err := r.profiled(StepRelay, func() ([]Ratio, error) { return Relay(ctx, pg.DSN(), filepath.Join(r.dir, "rabbitmq")) })
		if err != nil {
			return figures, err
		}
		latency, err := r.toConsumer(ctx)
		return append(figures, latency...), err
	}); err != nil {
		return err
	}
	if err := r.step(ctx, StepAnalytics, func(ctx context.Context) ([]Ratio, error) {
		return r.profiled(StepAnalytics, func() ([]Ratio, error) { return Analytics(ctx, pg.DSN(), r.dir, r.Server.CacheDir) })
	}); err != nil {
		return err
	}
	return r.step(ctx, StepSearch, func(ctx context.Context) ([]Ratio, error) {
		return r.profiled(StepSearch, func() ([]Ratio, error) { return Search(ctx, pg.DSN(), r.dir, r.Server.CacheDir, r.Documents) })
	})
}

// load is the machine's load average where the system tells it.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:1], " ")
}
