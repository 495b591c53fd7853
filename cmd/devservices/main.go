// Command devservices starts the real servers that the tests use, tells a command where they are, and stops them when it
// ends:
//
//	go run ./cmd/devservices run -- go test ./...
//	go run ./cmd/devservices full -- bin/morket serve      the grown system on this machine; its data is kept
//	go run ./cmd/devservices smoke http://127.0.0.1:8080   try a running installation
//	go run ./cmd/devservices stand-ins http://127.0.0.1:8080   serve stand-ins of vendors for the demo workspace of one
//
// A server that is not on the machine is a failure that says what to install; nothing is skipped. Where a variable already
// names a server (MORKET_TEST_DATABASE_URL, MORKET_TEST_AMQP_URL, MORKET_TEST_REDIS_URL, MORKET_TEST_S3_URL,
// MORKET_TEST_CLICKHOUSE_URL, MORKET_TEST_TEMPORAL_ADDRESS, MORKET_TEST_OPENSEARCH_URL, CHROMIUM_BIN), that one is used.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/morket/morket/cmd/internal/smoke"
	"github.com/morket/morket/cmd/internal/standins"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	code, err := run(ctx, log, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "devservices:", err)
	}
	os.Exit(code)
}

// run returns the command's exit code, 1 if a server could not be had, 2 for a wrong call.
func run(ctx context.Context, log *slog.Logger, args []string) (int, error) {
	dash := slices.Index(args, "--")
	if len(args) == 2 && args[0] == "smoke" {
		if err := smoke.Run(ctx, args[1], os.Stdout); err != nil {
			return 1, err
		}
		return 0, nil
	}
	if len(args) == 2 && args[0] == "stand-ins" {
		if err := standins.Serve(ctx, args[1], os.Stdout); err != nil {
			return 1, err
		}
		return 0, nil
	}
	if dash == 1 && args[0] == "full" && len(args) > 2 {
		return full(ctx, log, args[2:])
	}
	if len(args) == 0 || args[0] != "run" || dash < 0 || dash == len(args)-1 {
		return 2, errors.New("usage: devservices full -- command …; or: devservices smoke URL; or: devservices stand-ins URL; or: " +
			"devservices run [postgres|rabbitmq|redis|s3|clickhouse|temporal|opensearch|chromium …] -- command …")
	}
	services, err := choose(args[1:dash])
	if err != nil {
		return 2, err
	}
	started := time.Now()
	up, err := startAll(ctx, log, services)
	defer up.stop(log)
	if err != nil {
		return 1, err
	}
	log.InfoContext(ctx, "all services run", "after", time.Since(started).Round(time.Millisecond))
	return command(ctx, up.env, args[dash+1:])
}

// command runs the command in our own process group, so that an interrupt at the terminal reaches it too, and waits for it.
func command(ctx context.Context, env, argv []string) (int, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 40 * time.Second // Morket may take 30 s to stop
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
