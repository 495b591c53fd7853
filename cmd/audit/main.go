// Command audit checks what Morket is made of: known vulnerabilities in Go code that is called, against the database of
// golang.org/x/vulndb, and the licences and checksums of the interface's packages. A vulnerability without a mend is accepted in
// infra/audit/accepted.json, with a reason and a day on which the reason must be looked at again.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

const (
	acceptedFile = "infra/audit/accepted.json"
	lockFile     = "ui/package-lock.json"
	// pinnedDB is used where the registry doesn't list versions.
	pinnedDB = "golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := errors.Join(auditPackages(lockFile), auditCode(ctx, os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "audit: "+err.Error())
		os.Exit(1) //nolint:gocritic // stop only gives the signal back
	}
}

func auditPackages(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	problems, err := checkLock(text)
	if err != nil {
		return err
	}
	return report("the interface's packages", problems)
}

// auditCode runs govulncheck without the network: the database is a Go module.
func auditCode(ctx context.Context, out io.Writer) error {
	text, err := os.ReadFile(acceptedFile)
	if err != nil {
		return err
	}
	accepted, err := readAccepted(text)
	if err != nil {
		return err
	}
	db, err := database(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "govulncheck", "-format", "json", "-db", "file://"+filepath.ToSlash(db), "./...")
	cmd.Stderr = os.Stderr
	found, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("run govulncheck: %w", err)
	}
	calls, err := readFindings(found)
	if err != nil {
		return err
	}
	problems := judge(calls, accepted, time.Now())
	_, _ = fmt.Fprintf(out, "vulnerabilities in code that is called: %d, of which %d are accepted until a day\n", len(calls),
		len(calls)-len(problems))
	return report("known vulnerabilities", problems)
}

// database returns the folder with the vulnerability database, the newest that the module proxy gives.
func database(ctx context.Context) (string, error) {
	var errs []error
	for _, module := range []string{"golang.org/x/vulndb@latest", pinnedDB} {
		out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", module).Output()
		var m struct{ Dir, Error string }
		err = errors.Join(err, json.Unmarshal(out, &m))
		if err == nil && m.Error == "" {
			return filepath.Join(m.Dir, "data", "osv"), nil
		}
		errs = append(errs, fmt.Errorf("get %s: %w %s", module, err, m.Error))
	}
	return "", errors.Join(errs...)
}

func report(what string, problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s:\n  %s", what, strings.Join(problems, "\n  "))
}
