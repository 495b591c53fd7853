// Command seeded proves that the unit tests mean something: it puts faults, one after another, into a copy of the source and says which
// of them the tests of the module miss. A fault that doesn't fit any more, or doesn't compile, is an error of the list.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

//go:embed faults.json
var list []byte

// fault is a change of one place in a file, and the packages whose tests have to notice it.
type fault struct {
	Module, File, Old, New, Says string
	Test                         []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run tries all faults, or those of the modules that are named.
func run(ctx context.Context, modules []string) error {
	var faults []fault
	if err := json.Unmarshal(list, &faults); err != nil {
		return fmt.Errorf("read the list of faults: %w", err)
	}
	dir, err := os.MkdirTemp("", "morket-seeded-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tree, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = tree.Close() }()
	if err := copySource(ctx, tree); err != nil {
		return fmt.Errorf("copy the source: %w", err)
	}
	var missed []error
	for _, f := range faults {
		if len(modules) > 0 && !strings.Contains(" "+strings.Join(modules, " ")+" ", " "+f.Module+" ") {
			continue
		}
		start := time.Now()
		err := f.try(ctx, tree)
		outcome := "caught"
		if err != nil {
			outcome = err.Error()
			missed = append(missed, fmt.Errorf("%s: %w", f.Module, err))
		}
		fmt.Printf("%-15s %-60s %s (%.1fs)\n", f.Module, f.Says, outcome, time.Since(start).Seconds())
	}
	return errors.Join(missed...)
}

// copySource copies what the module's packages are made of, without what is only built or tested elsewhere.
func copySource(ctx context.Context, to *os.Root) error {
	out, err := exec.CommandContext(ctx, "git", "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted and not committed
		}
		if err != nil {
			return err
		}
		if err := to.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := to.WriteFile(name, b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// try puts the fault in, runs the tests, and takes it out again. It returns why the fault was not caught.
func (f fault) try(ctx context.Context, tree *os.Root) error {
	whole, err := tree.ReadFile(f.File)
	if err != nil {
		return err
	}
	if n := bytes.Count(whole, []byte(f.Old)); n != 1 || f.Old == "" {
		return fmt.Errorf("its place is there %d times in %s", n, f.File)
	}
	broken := bytes.Replace(whole, []byte(f.Old), []byte(f.New), 1)
	if err := tree.WriteFile(f.File, broken, 0o600); err != nil {
		return err
	}
	defer func() { _ = tree.WriteFile(f.File, whole, 0o600) }()
	args := append([]string{"test", "-vet=off", "-failfast", "-timeout=2m"}, f.Test...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = tree.Name()
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return errors.New("MISSED")
	case !bytes.Contains(out, []byte("--- FAIL")) && !bytes.Contains(out, []byte("panic: test timed out")):
		return fmt.Errorf("the tests did not run: %.500s", out)
	default:
		return nil
	}
}
