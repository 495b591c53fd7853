package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/ui"
)

// Serve runs the process's roles until ctx ends, then stops them gracefully.
func Serve(ctx context.Context, cfg config.Config, out io.Writer) error {
	return ServeLogging(ctx, cfg, Logger(cfg), out)
}

// ServeLogging is Serve with a log of the caller's.
func ServeLogging(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) error {
	if r, ok := Running(cfg.DataDir); ok && cfg.Embedded() {
		return fmt.Errorf("a server runs on %s already (process %d, %s)", cfg.DataDir, r.Pid, r.Address)
	}
	listener, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	printf(out, "Morket is starting …\n")
	p, err := Open(ctx, cfg, log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer p.Close() //nolint:contextcheck // the last traces have a time of their own
	s, err := newProcess(ctx, p)
	if err != nil {
		_ = listener.Close()
		return err
	}
	return s.run(ctx, listener, out)
}

// listen takes the address before anything else is started: a taken one is the commonest fault.
func listen(ctx context.Context, cfg config.Config) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.HTTPAddr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (set MORKET_HTTP_ADDR to another address)", cfg.HTTPAddr, err)
	}
	return l, nil
}

// run starts the roles, makes the demo, says where the server is, and waits for ctx or the first failure.
func (s *process) run(ctx context.Context, l net.Listener, out io.Writer) error {
	life, stop := context.WithCancel(context.WithoutCancel(ctx)) // the roles outlive ctx until requests are answered
	defer stop()
	group, gctx := errgroup.WithContext(life)
	s.start(gctx, group, false)
	if s.core.cfg.MetricsAddr != "" {
		group.Go(func() error { return runMetrics(gctx, s.core.cfg, s.core.metrics.Handler()) })
	}
	s.means.flows.run(kernel.AsSystem(gctx, "roles"), group)
	if err := s.awaitReadModels(gctx); err != nil {
		return errors.Join(err, s.end(stop, group))
	}
	s.start(gctx, group, true)
	if s.core.cfg.Demo() { // before the first answer: a ready server lets the demo user sign in
		if err := s.modules.demo(kernel.AsSystem(gctx, "demo")); err != nil {
			return errors.Join(fmt.Errorf("make the demo workspace: %w", err), s.end(stop, group))
		}
	}
	web := newWeb(gctx, s.api.Handler())
	group.Go(func() error {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	release, err := s.leaveRuntime()
	if err != nil {
		return err
	}
	defer release()
	announce(out, s.core.cfg)
	select {
	case <-ctx.Done():
	case <-gctx.Done():
	}
	printf(out, "Morket is stopping …\n")
	return s.stop(web, stop, group) //nolint:contextcheck // ctx has ended; the stop has a time of its own
}

// leaveRuntime tells other commands on the same data folder of this server, until release.
func (s *process) leaveRuntime() (release func(), err error) {
	cfg := s.core.cfg
	if !cfg.Embedded() {
		return func() {}, nil
	}
	running, err := (Runtime{
		Pid:         os.Getpid(),
		Address:     cfg.PublicURL,
		DatabaseURL: s.core.databaseURL,
		Temporal:    s.means.flows.address,
	}).write(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	return func() { _ = errors.Join(os.Remove(runtimePath(cfg.DataDir)), running.Close()) }, nil
}

func (s *process) stop(web *http.Server, end context.CancelFunc, group *errgroup.Group) error {
	within := s.core.cfg.StopWithin
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s.hangUp()
	requests, enough := context.WithTimeout(ctx, within/3) //nolint:mnd // a third for requests, half for the worker
	defer enough()
	if err := web.Shutdown(requests); err != nil {
		_ = web.Close() // what takes longer is cut
	}
	var errs []error
	for _, p := range s.parts {
		if p.close != nil {
			errs = append(errs, p.close(ctx))
		}
	}
	return errors.Join(append(errs, s.end(end, group))...)
}

// end ends the roles.
func (s *process) end(end context.CancelFunc, group *errgroup.Group) error {
	end()
	err := group.Wait()
	s.means.close(s.core.log)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func announce(out io.Writer, cfg config.Config) {
	printf(out, "\n  Morket is ready: %s\n  API documents:   %s/docs\n", cfg.PublicURL, cfg.PublicURL)
	if cfg.Demo() {
		printf(out, "  Demo login:      %s / %s\n"+
			"  (the demo login exists because the database is embedded and the address is this machine's own)\n", DemoEmail, DemoPassword)
	}
	if _, built := ui.Dist(); !built {
		printf(out, "  The user interface is not built: make run builds it.\n")
	}
	printf(out, "\n  Stop with Ctrl-C.\n")
}

// printf writes for the person at the terminal; that nobody reads it is no fault.
func printf(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
