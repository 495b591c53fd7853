package boot

import (
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
)

// Version is set by the build.
var Version = "dev" //nolint:gochecknoglobals // the linker sets it

// Logger writes to standard error without secrets and email addresses, as text on a terminal and as JSON elsewhere unless the
// configuration says otherwise.
func Logger(cfg config.Config) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "text" || cfg.LogFormat == "auto" && term.IsTerminal(int(os.Stderr.Fd())) {
		return slog.New(telemetry.Redacting(slog.NewTextHandler(os.Stderr, opts)))
	}
	return slog.New(telemetry.Redacting(slog.NewJSONHandler(os.Stderr, opts)))
}
