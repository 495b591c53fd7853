package doctor

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os/exec"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/scrape/browser"
	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/adapters/servers/temporalchild"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
)

func postgresServer(ctx context.Context, cfg config.Config) Finding {
	if !cfg.Embedded() {
		return database(ctx, cfg)
	}
	dir := cfg.PGBin
	if dir == "" {
		var err error
		dir, err = pgchild.FindBinDir(ctx)
		if errors.Is(err, pgchild.ErrNoBinaries) {
			return fetchable("PostgreSQL", "npm", "mvn")
		}
		if err != nil {
			return failure("set PG_BIN to a folder with initdb and postgres, or leave it empty", "%v", err)
		}
	}
	major, err := pgchild.Version(ctx, dir)
	if err != nil {
		return failure("set PG_BIN to a folder with initdb and postgres, or leave it empty", "%v", err)
	}
	return good("embedded, PostgreSQL %d in %s", major, dir)
}

// fetchable says whether what is missing can be fetched at the first start with one of the tools.
func fetchable(what string, tools ...string) Finding {
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			return warning("nothing to do; install it yourself to start faster",
				"%s is not installed and will be fetched with %s at the first start", what, tool)
		}
	}
	return failure("install it, or give the address of a running one", "%s is not installed, and there is no tool to fetch it with", what)
}

const oldestPostgres = 150000

func database(ctx context.Context, cfg config.Config) Finding {
	const do = "check DATABASE_URL and that the server lets you in"
	parsed, err := pgxpool.ParseConfig(cfg.DatabaseURL.Reveal()) // which may have settings of the pool in it
	if err != nil {
		return failure(do, "the address can't be read")
	}
	conn, err := pgx.ConnectConfig(ctx, parsed.ConnConfig)
	if err != nil {
		return failure(do, "%v", withoutSecret(err, cfg.DatabaseURL))
	}
	defer func() { _ = conn.Close(ctx) }()
	var version, fsync, durable string
	err = conn.QueryRow(ctx, "select current_setting('server_version_num'), current_setting('fsync'), current_setting('synchronous_commit')").
		Scan(&version, &fsync, &durable)
	if err != nil {
		return failure(do, "%v", err)
	}
	if n, err := strconv.Atoi(version); err != nil || n < oldestPostgres {
		return failure("upgrade to PostgreSQL 15 or newer", "the server is version %s", version)
	}
	if fsync != "on" || durable == "off" {
		return failure("set fsync and synchronous_commit to on: a crash would lose what was confirmed", "fsync=%s synchronous_commit=%s", fsync,
			durable)
	}
	return role(ctx, conn, version)
}

// role is whether requests can read as the role that row-level security binds.
func role(ctx context.Context, conn *pgx.Conn, version string) Finding {
	missing, err := postgres.CheckRole(ctx, conn)
	var why *postgres.RoleError
	switch {
	case err == nil:
		return good("reachable, version %s", version)
	case !errors.As(err, &why):
		return failure("look into the server's log", "%v", err)
	case !missing:
		return failure("let an administrator of the database run: "+why.Run, "%s", why.Why)
	}
	var able bool
	if err := conn.QueryRow(ctx, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").Scan(&able); err == nil &&
		able {
		return good("reachable, version %s; the role %s will be made at the start", version, postgres.AppRole)
	}
	return failure("let an administrator of the database run: "+why.Run, "%s", why.Why)
}

// withoutSecret keeps an error's text unless it repeats the address, which holds a password.
func withoutSecret(err error, secret config.Secret) error {
	u, parseErr := url.Parse(secret.Reveal())
	if parseErr != nil {
		return errors.New("not reachable")
	}
	if password, ok := u.User.Password(); ok && password != "" &&
		(strings.Contains(err.Error(), password) || strings.Contains(err.Error(), url.QueryEscape(password))) {
		return errors.New("not reachable")
	}
	return err
}

func temporal(ctx context.Context, cfg config.Config) Finding {
	if cfg.TemporalAddress != "" {
		return reachable(ctx, cfg.TemporalAddress, "check TEMPORAL_ADDRESS")
	}
	if cfg.TemporalBin != "" {
		if _, err := exec.LookPath(cfg.TemporalBin); err != nil {
			return failure("set TEMPORAL_BIN to the temporal program, or leave it empty", "%v", err)
		}
		return good("embedded, %s", cfg.TemporalBin)
	}
	bin, err := temporalchild.FindBinary(ctx, cfg.CacheDir)
	switch {
	case errors.Is(err, temporalchild.ErrNoBinary):
		return fetchable("Temporal", "python3", "go")
	case err != nil:
		return failure("set TEMPORAL_BIN to the temporal program, or leave it empty", "%v", err)
	}
	return good("embedded, %s", bin)
}

func rabbit(ctx context.Context, cfg config.Config) Finding {
	if !cfg.AMQPURL.IsSet() {
		return good("not used: the bus is in memory")
	}
	return reachable(ctx, hostOf(cfg.AMQPURL, map[string]string{"amqp": "5672", "amqps": "5671"}), "check AMQP_URL and that RabbitMQ runs")
}

func redis(ctx context.Context, cfg config.Config) Finding {
	if !cfg.RedisURL.IsSet() {
		return good("not used: each process counts and caches for itself")
	}
	return reachable(ctx, hostOf(cfg.RedisURL, map[string]string{"redis": "6379", "rediss": "6379"}), "check REDIS_URL and that Redis runs")
}

func objects(ctx context.Context, cfg config.Config) Finding {
	if !cfg.S3URL.IsSet() {
		return good("in %s", cfg.ObjectsDir())
	}
	const do = "check S3_URL: the server, the key and secret, and that they may use the bucket"
	s, err := objectstore.NewS3(cfg.S3URL.Reveal(), kernel.SystemClock{})
	if err != nil {
		return failure(do, "%v", err)
	}
	if err := s.Check(ctx); err != nil {
		return failure(do, "%v", withoutSecret(err, cfg.S3URL))
	}
	return good("the bucket can be used")
}

func openSearch(ctx context.Context, cfg config.Config) Finding {
	if !cfg.OpenSearchURL.IsSet() {
		return good("not used: Postgres keeps the search")
	}
	const do = "check OPENSEARCH_URL: the server, the user and password, and that they may make indexes"
	c, err := opensearch.NewClient(cfg.OpenSearchURL.Reveal())
	if err != nil {
		return failure(do, "%v", err)
	}
	if err := c.Check(ctx); err != nil {
		return failure(do, "%v", withoutSecret(err, cfg.OpenSearchURL))
	}
	return good("OpenSearch answers")
}

func clickHouse(ctx context.Context, cfg config.Config) Finding {
	if !cfg.ClickHouseURL.IsSet() {
		return good("not used: Postgres keeps the analytics")
	}
	return reachable(ctx, hostOf(cfg.ClickHouseURL, map[string]string{
		"http":  "8123",
		"https": "8443",
	}), "check CLICKHOUSE_URL (its HTTP port, 8123 by default) and that ClickHouse runs")
}

func mailServer(ctx context.Context, cfg config.Config) Finding {
	if !cfg.SMTPURL.IsSet() {
		return good("not used: mails go to the log and %s", cfg.OutboxDir())
	}
	return reachable(ctx, hostOf(cfg.SMTPURL, map[string]string{"smtp": "587", "smtps": "465"}), "check SMTP_URL")
}

func hostOf(secret config.Secret, ports map[string]string) string {
	u, err := url.Parse(secret.Reveal())
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func reachable(ctx context.Context, addr, do string) Finding {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return failure(do, "%v", err)
	}
	_ = c.Close() // it was only opened to see that it can be
	return good("%s answers", addr)
}

func chromium(_ context.Context, cfg config.Config) Finding {
	bin, err := browser.Find(cfg.ChromiumBin)
	switch {
	case err != nil:
		return warning("install it for scraping: apt-get install chromium-headless-shell, or set CHROMIUM_BIN", "%v", err)
	case !browser.Quick(bin):
		return good("%s; the package chromium-headless-shell renders pages several times as fast", bin)
	}
	return good("%s", bin)
}
