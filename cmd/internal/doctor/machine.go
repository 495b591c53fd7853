package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/cmd/internal/config"
)

func dataFolder(_ context.Context, cfg config.Config) Finding {
	const do = "choose a folder that you may write to with MORKET_DATA_DIR"
	if err := cfg.EnsureDataDir(); err != nil {
		return failure(do, "%v", err)
	}
	f, err := os.CreateTemp(cfg.DataDir, "doctor-*")
	if err != nil {
		return failure(do, "%v", err)
	}
	_, err = f.WriteString("doctor")
	if err := errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name())); err != nil {
		return failure(do, "%v", err)
	}
	return good("%s can be written to", cfg.DataDir)
}

// What an installation with the demo data takes is about 1 GB; a log that runs full stops every write.
const (
	diskFail = 1 << 30
	diskWarn = 5 << 30
)

func diskSpace(_ context.Context, cfg config.Config) Finding {
	dir := cfg.DataDir
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := childproc.FreeBytes(dir)
	switch {
	case err != nil:
		return warning("look at it yourself", "free space of %s is not known: %v", dir, err)
	case free < diskFail:
		return failure("make room, or move MORKET_DATA_DIR", "%s has %s free", dir, gigabytes(free))
	case free < diskWarn:
		return warning("make room soon, or move MORKET_DATA_DIR", "%s has %s free", dir, gigabytes(free))
	}
	return good("%s has %s free", dir, gigabytes(free))
}

func gigabytes(n uint64) string { return fmt.Sprintf("%.1f GB", float64(n)/(1<<30)) }

func address(ctx context.Context, cfg config.Config) Finding {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", cfg.HTTPAddr)
	if err != nil && healthy(ctx, cfg.HTTPAddr) {
		return good("a server that says it is healthy runs at %s: Morket itself, it seems", cfg.HTTPAddr)
	}
	if err != nil {
		return failure("stop what listens there, or choose another address with MORKET_HTTP_ADDR", "%v", err)
	}
	if err := l.Close(); err != nil {
		return warning("try again", "%v", err)
	}
	return good("%s is free", cfg.HTTPAddr)
}

func healthy(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/health", nil)
	if err != nil {
		return false
	}
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// earliest is a date that a right clock is past: tokens and certificates fail in strange ways with a wrong one.
const earliest = "2026-01-01"

func clock(context.Context, config.Config) Finding {
	now := time.Now().UTC()
	if limit, err := time.Parse(time.DateOnly, earliest); err != nil || now.Before(limit) {
		return failure("set the clock, and keep it right with NTP", "it is said to be %s", now.Format(time.RFC3339))
	}
	return good("%s", now.Format(time.RFC3339))
}
