package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/adapters/crm/hubspottwin"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/crm"
)

const (
	usualContacts = 50_000
	// HubSpot's documented limits of an app that is connected by OAuth.
	hubSpotBurst  = 110 // calls in 10 seconds
	hubSpotSearch = 5   // searches a second
	hubSpotLag    = 3 * time.Second
	hubSpotWindow = 10 * time.Second
	crmKills      = 10
)

// crmBench is a server in a process of its own, since it is killed, and HubSpot's stand-in in this one.
type crmBench struct {
	*client
	run    *run
	server *ownServer
	twin   *hubspottwin.Twin
	gate   *crmtwin.Gate
	size   int
	cells  map[string]string // the columns' ids by their names
	table  string
	sync   string
	known  map[string]string // records that HubSpot has before: ids by address
}

// BenchmarkHubSpot pushes people to HubSpot's stand-in at its limit, pulls them back, reverses the push, and pushes them again while the
// server is killed; MORKET_TEST_CONTACTS says how many, 50,000 otherwise. It fails when a bar is missed. It is no step of the command: the
// program may not hold a stand-in.
func BenchmarkHubSpot(b *testing.B) {
	cfg, err := config.FromOS()
	require.NoError(b, err)
	dir := b.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		require.NoError(b, os.Chmod(d, 0o755)) // the server's Postgres may run as another user
	}
	exe := filepath.Join(dir, "morket")
	out, err := exec.CommandContext(b.Context(), "go", "build", "-o", exe, "github.com/morket/morket/cmd/morket").CombinedOutput()
	require.NoError(b, err, "%s", out)
	r := &run{Config: Config{Server: cfg}, dir: dir}
	if asked := os.Getenv("MORKET_TEST_CONTACTS"); asked != "" {
		r.Rows, err = strconv.Atoi(asked)
		require.NoError(b, err)
	}
	require.NoError(b, r.onCRM(b.Context(), exe))
	report := Report{CPUs: runtime.NumCPU(), Load: load(), Figures: r.figures}
	var text strings.Builder
	require.NoError(b, report.Table(&text))
	b.Log("\n" + text.String())
	require.True(b, report.OK())
}

// onCRM measures with the program.
func (r *run) onCRM(ctx context.Context, exe string) error {
	cfg, err := r.serverConfig(ctx, "crm-data")
	if err != nil {
		return err
	}
	b := &crmBench{run: r, size: cmp.Or(r.Rows, usualContacts), known: map[string]string{}, cells: map[string]string{}}
	b.twin = hubspottwin.New(hubspottwin.Config{
		Now: time.Now, Limits: hubspottwin.Limits{Burst: hubSpotBurst, Search: hubSpotSearch}, Lag: hubSpotLag,
	})
	b.gate = &crmtwin.Gate{}
	address, stop, err := serveLocal(ctx, b.gate.Around(b.twin))
	if err != nil {
		return err
	}
	defer stop()
	b.server = &ownServer{exe: exe, cfg: cfg, env: []string{
		"MORKET_CRM_URLS=hubspot=" + address, "MORKET_HUBSPOT_CLIENT_ID=app", "MORKET_HUBSPOT_CLIENT_SECRET=secret",
	}}
	if err := b.begin(ctx); err != nil {
		return err
	}
	r.figures, err = b.measure(ctx)
	b.pool.Close()
	return errors.Join(err, b.server.stop())
}

// serveLocal serves on a port of this machine until stop is called.
func serveLocal(ctx context.Context, h http.Handler) (address string, stop func(), err error) {
	var cfg net.ListenConfig
	l, err := cfg.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen: %w", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = s.Close() }, nil
}

// begin starts the server and signs in to it.
func (b *crmBench) begin(ctx context.Context) error {
	if err := b.server.start(); err != nil {
		return err
	}
	c, err := b.run.signIn(ctx, b.server.cfg, b.server.ended)
	if err != nil {
		return errors.Join(err, b.server.stop())
	}
	b.client = c
	return nil
}

// again kills the server and starts it anew.
func (b *crmBench) again(ctx context.Context) error {
	b.pool.Close()
	if err := b.server.kill(ctx); err != nil {
		return err
	}
	return b.begin(ctx)
}

// measure goes through a push, a pull of what was pushed, the reversal, and a push that is killed again and again.
func (b *crmBench) measure(ctx context.Context) ([]Ratio, error) {
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	var out []Ratio
	for _, part := range []func(context.Context) ([]Ratio, error){b.pushed, b.pulledBack, b.reversed, b.killed} {
		figures, err := part(ctx)
		if out = append(out, figures...); err != nil {
			return out, err
		}
	}
	return out, nil
}

// prepare connects the account, fills the table, and has HubSpot know every other person by other values.
func (b *crmBench) prepare(ctx context.Context) error {
	connection, err := b.connect(ctx)
	if err != nil {
		return err
	}
	if err := b.fill(ctx); err != nil {
		return err
	}
	long := time.Now().Add(-90 * 24 * time.Hour)
	for n := 0; n < b.size; n += 2 {
		b.known[personOf(n)["Email"]] = b.twin.Seed("contacts", map[string]string{
			"email": personOf(n)["Email"], "firstname": "Old", "company": "Old company", "phone": "+49 30 1",
		}, long)
	}
	mapping := func(field, column string) any {
		return map[string]any{"field": field, "column_id": b.cells[column], "direction": crm.Both}
	}
	var made struct{ ID string }
	_, err = b.send(ctx, http.MethodPost, b.workspace+"/syncs", map[string]any{
		"name": "People and HubSpot", "connection_id": connection, "object": "contacts", "table_id": b.table,
		"keys":     []any{map[string]any{"field": "email", "column_id": b.cells["Email"]}},
		"mappings": []any{mapping("firstname", "First name"), mapping("company", "Company")},
		"create":   true, "create_rows": true, "max_records": crm.MaxRecords,
	}, &made)
	b.sync = made.ID
	return err
}

// connect allows the access as a browser does.
func (b *crmBench) connect(ctx context.Context) (string, error) {
	res, err := b.open(ctx, http.MethodPost, b.workspace+"/integrations/hubspot/connect", strings.NewReader("{}"))
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	page, err := textOf(res.Body)
	if err != nil {
		return "", err
	}
	asked := regexp.MustCompile(`"url":"([^"]+)"`).FindStringSubmatch(page)
	if asked == nil {
		return "", errors.New("the server gave no page of HubSpot's")
	}
	at := strings.ReplaceAll(asked[1], `\u0026`, "&")
	for range 2 { // at the vendor, and back
		if at, page, err = visit(ctx, at, cookie); err != nil {
			return "", err
		}
	}
	connection := regexp.MustCompile(`con_[0-9A-Z]{26}`).FindString(page)
	if connection == "" {
		return "", errors.New("the stand-in was not connected")
	}
	return connection, nil
}

// visit opens a page as a browser does, and says where it leads to.
func visit(ctx context.Context, at, cookie string) (location, page string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", "", err
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultTransport.RoundTrip(req) // follows nothing
	if err != nil {
		return "", "", err
	}
	defer func() { _ = res.Body.Close() }()
	page, err = textOf(res.Body)
	return res.Header.Get("Location"), page, err
}
