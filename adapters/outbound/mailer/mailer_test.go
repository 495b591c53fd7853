package mailer_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/mailer"
	"github.com/morket/morket/domain/kernel"
)

// sink is an SMTP server that keeps what it is given, as "To:<address>" before the message.
type sink struct {
	address string
	got     chan string
	tried   atomic.Int64 // sign-ins
}

func newSink(t *testing.T) *sink {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &sink{address: l.Addr().String(), got: make(chan string, 10)}
	server := smtp.NewServer(s)
	server.Domain, server.AllowInsecureAuth, server.MaxRecipients = "sink", true, 1
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		<-served
	})
	return s
}

// NewSession implements smtp.Backend.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &conversation{sink: s}, nil }

// conversation is one client's.
type conversation struct {
	sink *sink
	to   string
}

// AuthMechanisms implements smtp.AuthSession.
func (*conversation) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements smtp.AuthSession. It lets nobody in.
func (c *conversation) Auth(string) (sasl.Server, error) {
	c.sink.tried.Add(1)
	return nil, smtp.ErrAuthFailed
}

func (*conversation) Mail(string, *smtp.MailOptions) error { return nil }

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "refused@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	c.to = to
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.sink.got <- strings.ReplaceAll("To:<"+c.to+">\n"+string(b), "\r\n", "\n")
	return nil
}

func (c *conversation) Reset()      { c.to = "" }
func (*conversation) Logout() error { return nil }

func outbox(t *testing.T) (*mailer.Outbox, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "outbox")
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	o, err := mailer.NewOutbox(dir, kernel.NewIDs(clock), clock, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return o, dir
}

// Both ways of sending pass the same suite.
func TestMailers(t *testing.T) {
	t.Parallel()
	server := newSink(t)
	overSMTP, err := mailer.NewSMTP("smtp://"+server.address+"?starttls=off", "Morket <no-reply@morket.test>")
	require.NoError(t, err)
	box, _ := outbox(t)
	for name, m := range map[string]struct {
		mailer mailer.Mailer
		last   func(t *testing.T) string
	}{
		"smtp": {overSMTP, func(*testing.T) string { return <-server.got }},
		"outbox": {box, func(t *testing.T) string {
			t.Helper()
			all, err := box.List()
			require.NoError(t, err)
			return "To:<" + all[0].To + ">\nSubject: " + all[0].Subject + "\n" + all[0].Text
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, m.mailer.Send(t.Context(), "a@b.co", "Hello", "a line\n.\nanother one"))
			got := m.last(t)
			for _, want := range []string{"a@b.co", "Subject: Hello", "a line", "another one"} {
				require.Contains(t, got, want)
			}
			require.NoError(t, m.mailer.Send(t.Context(), "a@b.co", "Hello\r\nBcc: eve@evil.example", "x"))
			require.NotContains(t, m.last(t), "\nBcc:", "a subject makes no headers")
			for _, bad := range []string{"", "a", "a@b.co\r\nBcc: x@y.z", "a@b.co,c@d.co", "A <a@b.co>"} {
				require.Error(t, m.mailer.Send(t.Context(), bad, "s", "t"), "%q", bad)
			}
		})
	}
}

func TestSMTPSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := newSink(t)
	m, err := mailer.NewSMTP("smtp://"+server.address+"?starttls=off", "no-reply@morket.test")
	require.NoError(t, err)
	require.ErrorContains(t, m.Send(t.Context(), "refused@b.co", "s", "t"), "550")
	strict, err := mailer.NewSMTP("smtp://"+server.address, "no-reply@morket.test")
	require.NoError(t, err)
	require.Error(t, strict.Send(t.Context(), "a@b.co", "s", "t"), "without TLS nothing is sent")
	robot, err := mailer.NewSMTP("smtp://robot:hunter2@"+server.address+"?starttls=off", "no-reply@morket.test")
	require.NoError(t, err)
	err = robot.Send(t.Context(), "a@b.co", "s", "t")
	require.Error(t, err, "without TLS no password is sent")
	require.NotContains(t, err.Error(), "hunter2")
	require.Zero(t, server.tried.Load())
	for _, bad := range []string{"", "smtp://", "http://x", "smtp://user:hunter2@:99999x"} {
		_, err := mailer.NewSMTP(bad, "no-reply@morket.test")
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err = mailer.NewSMTP("smtp://localhost", "nobody")
	require.Error(t, err)
}

func TestTheOutboxIsPrivateAndSmall(t *testing.T) {
	t.Parallel()
	box, dir := outbox(t)
	for range 210 {
		require.NoError(t, box.Send(t.Context(), "a@b.co", "s", "t"))
	}
	all, err := box.List()
	require.NoError(t, err)
	require.Len(t, all, 200)
	info, err := os.Stat(filepath.Join(dir, all[0].ID+".json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

type flaky struct {
	mu    sync.Mutex
	fails int
	sent  []string
}

func (f *flaky) Send(_ context.Context, to, _, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails > 0 {
		f.fails--
		return errors.New("try later")
	}
	f.sent = append(f.sent, to)
	return nil
}

func TestTheQueueTriesAgainAndEmptiesItself(t *testing.T) {
	t.Parallel()
	f := &flaky{fails: 2}
	q := mailer.NewQueue(f, 10, slog.New(slog.DiscardHandler), time.Millisecond, time.Millisecond)
	for _, to := range []string{"a@b.co", "c@d.co"} {
		require.NoError(t, q.Send(t.Context(), to, "s", "t"))
	}
	require.NoError(t, q.Close(t.Context()))
	require.Equal(t, []string{"a@b.co", "c@d.co"}, f.sent)
	require.ErrorIs(t, q.Send(t.Context(), "a@b.co", "s", "t"), mailer.ErrClosed)
}

type stuck struct{}

func (stuck) Send(ctx context.Context, _, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAFullQueueSaysSo(t *testing.T) {
	t.Parallel()
	q := mailer.NewQueue(stuck{}, 1, slog.New(slog.DiscardHandler))
	var err error
	for range 3 {
		err = errors.Join(err, q.Send(t.Context(), "a@b.co", "s", "t"))
	}
	require.ErrorIs(t, err, mailer.ErrFull)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, q.Close(gone), context.Canceled)
}
