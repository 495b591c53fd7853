package boot

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/cmd/internal/config"
)

// ownDatabase is our own Postgres, which is started again at the same address whenever it ends: the pool's connections are
// made anew when they are next needed.
type ownDatabase struct {
	end   context.CancelFunc
	ended chan error
	dir   string // the data folder, which is in use until the end
}

func startDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*ownDatabase, string, error) {
	made, err := useFolder(cfg.DataDir, cfg.PostgresDir())
	if err != nil {
		return nil, "", err
	}
	child := pgchild.Config{BinDir: cfg.PGBin, DataDir: cfg.PostgresDir(), CacheDir: cfg.CacheDir, Logger: log}
	server, err := pgchild.Start(ctx, child)
	if err != nil {
		if made {
			err = errors.Join(err, leaveFolder(cfg.DataDir))
		}
		return nil, "", err
	}
	child.Port = server.Port()
	restart := func(ctx context.Context) (childproc.Child, error) { return pgchild.Start(ctx, child) }
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // until Close: what uses the database ends before it
	d := &ownDatabase{end: end, ended: make(chan error, 1), dir: cfg.DataDir}
	go func() {
		d.ended <- childproc.Supervise(life, childproc.Supervision{Name: "postgres", Child: server, Restart: restart, Logger: log})
	}()
	return d, server.DSN(), nil
}

func (d *ownDatabase) stop() error {
	d.end()
	switch err := <-d.ended; {
	case errors.Is(err, context.Canceled): // it was down when we stopped
		return nil
	case err != nil:
		return err
	default:
		return leaveFolder(d.dir)
	}
}

// databaseDown reports whether an error says that Postgres can't be reached now, in which case the same request may be
// repeated later. Classes of SQLSTATE: PostgreSQL's manual, appendix A.
func databaseDown(err error) bool {
	var (
		refused *pgconn.ConnectError
		said    *pgconn.PgError
		network *net.OpError
	)
	switch {
	case errors.As(err, &said): // connection exceptions; shut down, crashed, starting; too many connections
		return strings.HasPrefix(said.Code, "08") || strings.HasPrefix(said.Code, "57P0") || said.Code == "53300"
	case errors.As(err, &refused), errors.As(err, &network):
		return true
	case errors.Is(err, context.Canceled):
		return false
	default:
		return pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	}
}
