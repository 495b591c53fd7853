package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/morket/morket/domain/kernel"
)

// Client is a connection to ClickHouse. It connects at the first call, so a server that is down is no error before.
type Client struct {
	conn     driver.Conn
	database string
	// admin is a connection without a database, to make it.
	admin driver.Conn
}

// How long calls may take.
const (
	dialWithin  = 3 * time.Second
	lookWithin  = 3 * time.Second  // whether a copy is there
	askWithin   = 10 * time.Second // a question
	writeWithin = time.Minute      // a flush, and making and dropping copies
	sumWithin   = 10 * time.Minute // checksums and filling roll-ups
)

// maxConns is how many requests of a process are under way at once.
const maxConns = 16

// Open makes a client of an address like http://user:password@host:8123/database. The database is "morket" when the address
// names none, and is made when it is missing.
func Open(address string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the address of ClickHouse can't be read") // the cause would repeat the password
	}
	c := &Client{database: strings.Trim(u.Path, "/")}
	if c.database == "" {
		c.database = "morket"
	}
	if c.conn, err = connect(u, c.database); err != nil {
		return nil, err
	}
	c.admin, err = connect(u, "default")
	return c, err
}

func connect(u *url.URL, database string) (driver.Conn, error) {
	password, _ := u.User.Password()
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "8123", "https": "8443"}[u.Scheme]
	}
	o := &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{net.JoinHostPort(u.Hostname(), port)},
		Auth:        clickhouse.Auth{Database: database, Username: u.User.Username(), Password: password},
		DialTimeout: dialWithin, ReadTimeout: sumWithin, MaxOpenConns: maxConns, MaxIdleConns: maxConns,
		Settings: clickhouse.Settings{"do_not_merge_across_partitions_select_final": 1},
		TransportFunc: func(t *http.Transport) (http.RoundTripper, error) {
			t.Proxy = nil
			return t, nil
		},
	}
	if u.Scheme == "https" {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	conn, err := clickhouse.Open(o)
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse: %w", err)
	}
	return conn, nil
}

// Ping answers nil when ClickHouse answers.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	var one uint8
	return c.admin.QueryRow(ctx, "SELECT 1").Scan(&one)
}

// Close ends the connections.
func (c *Client) Close() error { return errors.Join(c.conn.Close(), c.admin.Close()) }

// exec runs statements one by one, within d together.
func (c *Client) exec(ctx context.Context, d time.Duration, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for _, sql := range statements {
		if err := c.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// ensureDatabase makes the database. A user that may not is told by the next statement.
func (c *Client) ensureDatabase(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	_ = c.admin.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quote(c.database)) // see above
}

func quote(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// text quotes a string for SQL.
func text(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}

// Error codes: ClickHouse's src/Common/ErrorCodes.cpp.
const (
	unknownTable    = 60
	unknownDatabase = 81
)

// missing reports that what was asked for is not there.
func missing(err error) bool {
	var e *clickhouse.Exception
	return errors.As(err, &e) && (e.Code == unknownTable || e.Code == unknownDatabase)
}

// transient reports that the server can't be reached, or says that it can't do its work now.
func transient(err error) bool {
	var e *clickhouse.Exception
	if errors.As(err, &e) {
		switch e.Code {
		case 159, 160, 164, // timeout exceeded, too slow, read only
			201, 202, 203, 209, 210, // quota, too many queries, no free connection, socket timeout, network
			236, 241, 242, 243, 252, // aborted, memory, table read only, disk space, too many parts
			319, 394, 425, 439, 497, 516, 999: // unknown status of insert, cancelled, system, threads, access, authentication, keeper
			return true
		default:
			return false
		}
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, clickhouse.ErrAcquireConnTimeout) || errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "[HTTP")
}

// ErrUnavailable is what readers are answered while ClickHouse can't answer.
var ErrUnavailable = kernel.E(kernel.KindUnavailable, "CLICKHOUSE_UNAVAILABLE",
	"ClickHouse, which keeps the analytics, can't be reached now; try again later")

// retryAfter is when a reader may try again.
const retryAfter = 5 * time.Second

// readError says what a reader can do about an error.
func readError(err error) error {
	if err == nil || !transient(err) && !missing(err) {
		return err
	}
	e := ErrUnavailable.Because(err)
	e.RetryAfter = retryAfter
	return e
}
