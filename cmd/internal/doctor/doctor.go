// Package doctor checks what Morket needs on this machine and says what to do about what is missing.
package doctor

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/morket/morket/cmd/internal/config"
)

// State says how a check came out.
type State string

// The states. A warning is something that Morket runs without, slower or with less.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "fail"
)

// Finding is a check's outcome. Do says what to do; it is empty when all is well.
type Finding struct {
	Check  string
	State  State
	Detail string
	Do     string
}

type check struct {
	name string
	run  func(context.Context, config.Config) Finding
}

func checks() []check {
	return []check{
		{"data folder", dataFolder},
		{"disk space", diskSpace},
		{"address", address},
		{"clock", clock},
		{"postgres", postgresServer},
		{"temporal", temporal},
		{"rabbitmq", rabbit},
		{"redis", redis},
		{"objects", objects},
		{"clickhouse", clickHouse},
		{"opensearch", openSearch},
		{"mail", mailServer},
		{"stripe", stripe},
		{"chromium", chromium},
	}
}

const checkWithin = 30 * time.Second

// Examine makes every check, side by side, and returns the findings in a fixed order.
func Examine(ctx context.Context, cfg config.Config) []Finding {
	all := checks()
	findings := make([]Finding, len(all))
	var wait sync.WaitGroup
	for i, c := range all {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkWithin)
			defer cancel()
			findings[i] = c.run(ctx, cfg)
			findings[i].Check = c.name
		})
	}
	wait.Wait()
	return findings
}

// Run makes every check, writes a line for each and what to do below it, and reports whether Morket can run.
func Run(ctx context.Context, cfg config.Config, out io.Writer) (ok bool, err error) {
	ok = true
	for _, f := range Examine(ctx, cfg) {
		ok = ok && f.State != Fail
		if _, err := fmt.Fprintf(out, "%-4s  %-12s %s\n", f.State, f.Check, f.Detail); err != nil {
			return false, err
		}
		if f.Do == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "      %-12s → %s\n", "", f.Do); err != nil {
			return false, err
		}
	}
	return ok, nil
}

func good(format string, args ...any) Finding {
	return Finding{State: OK, Detail: fmt.Sprintf(format, args...)}
}

func warning(do, format string, args ...any) Finding {
	return Finding{State: Warn, Detail: fmt.Sprintf(format, args...), Do: do}
}

func failure(do, format string, args ...any) Finding {
	return Finding{State: Fail, Detail: fmt.Sprintf(format, args...), Do: do}
}
