package childproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pidFile is a locked file that names the child, its executable and the file itself, a line each. The copy of such a file names a child
// that is another one's. A nil *pidFile does nothing.
type pidFile struct{ f *os.File }

// acquirePidFile locks the file and stops the child that an earlier, dead parent left behind. The lock goes with its
// holder's death, so a lock that can't be had means a living one.
func acquirePidFile(ctx context.Context, cfg Config) (*pidFile, error) {
	if cfg.PidFile == "" {
		return nil, nil //nolint:nilnil // a nil *pidFile is the one that does nothing
	}
	f, err := openLocked(cfg.PidFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", cfg.Name, cfg.PidFile, err)
	}
	pid, path, err := readPid(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pid file %s: %w", cfg.PidFile, err), f.Close())
	}
	if pid != 0 && runs(pid, path) {
		cfg.Logger.InfoContext(ctx, "stopping a child that outlived its parent", "child", cfg.Name, "pid", pid)
		if err := stopStale(ctx, pid, path, cfg); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return &pidFile{f}, nil
}

func readPid(f *os.File) (pid int, path string, err error) {
	lines := bufio.NewScanner(io.NewSectionReader(f, 0, 1<<16))
	var got []string
	for lines.Scan() {
		got = append(got, lines.Text())
	}
	if err := lines.Err(); err != nil {
		return 0, "", err
	}
	if len(got) < 2 {
		return 0, "", nil
	}
	if self, err := idOf(f); err != nil || len(got) > 2 && got[2] != self {
		return 0, "", err
	}
	pid, err = strconv.Atoi(got[0])
	if err != nil || pid <= 1 {
		return 0, "", nil //nolint:nilerr // a file torn by a crash names nobody
	}
	return pid, got[1], nil
}

// stopStale ends a process that is not our child, so it cannot be waited for: it is asked, then killed.
func stopStale(ctx context.Context, pid int, path string, cfg Config) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return fmt.Errorf("stale %s: %w", cfg.Name, err)
	}
	if err := interrupt(process, cfg.StopSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop stale %s (pid %d): %w", cfg.Name, pid, err)
	}
	grace, tick := time.NewTimer(cfg.Grace), time.NewTicker(readyEvery)
	defer grace.Stop()
	defer tick.Stop()
	for runs(pid, path) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("stale %s (pid %d): %w", cfg.Name, pid, ctx.Err())
		case <-grace.C:
			killGroup(process)
		case <-tick.C:
		}
	}
	return nil
}

// runs reports whether the process lives and runs the executable. The name is compared because pids are used again.
func runs(pid int, path string) bool {
	name, ok := executableName(pid)
	return ok && strings.EqualFold(name, filepath.Base(resolve(path)))
}

// Other is a process that need not be our child.
type Other struct {
	Name string // of its program, on Linux at most 15 bytes
	Dir  string // its working folder, "" if unknown
}

func resolve(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

func (p *pidFile) write(pid int, path string) error {
	if p == nil {
		return nil
	}
	if err := p.f.Truncate(0); err != nil {
		return err
	}
	self, err := idOf(p.f)
	if err != nil {
		return err
	}
	_, err = p.f.WriteAt([]byte(strconv.Itoa(pid)+"\n"+path+"\n"+self+"\n"), 0)
	return err
}

func idOf(f *os.File) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	return FileID(info), nil
}

func (p *pidFile) release() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.f.Truncate(0), unlock(p.f), p.f.Close())
}
