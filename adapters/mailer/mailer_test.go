package mailer_test

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/mailer"
	"github.com/morket/morket/domain/kernel"
)

// sink is a small SMTP server (RFC 5321) that keeps what it is given.
type sink struct {
	listener net.Listener
	got      chan string
}

func newSink(t *testing.T) *sink {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &sink{listener: l, got: make(chan string, 10)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *sink) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	say := func(line string) { _, _ = c.Write([]byte(line + "\r\n")) }
	say("220 sink")
	r := bufio.NewReader(c)
	var mail strings.Builder
	for inData := false; ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); {
		case inData && line == ".":
			inData = false
			s.got <- mail.String()
			say("250 ok")
		case inData:
			mail.WriteString(line + "\n")
		case verb == "EHLO":
			say("250-sink")
			say("250 8BITMIME")
		case verb == "RCPT" && strings.Contains(line, "refused@"):
			say("550 no such mailbox")
		case verb == "RCPT":
			mail.WriteString(line + "\n")
			say("250 ok")
		case verb == "DATA":
			inData = true
			say("354 go on")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

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
	smtp, err := mailer.NewSMTP("smtp://"+server.listener.Addr().String()+"?starttls=off", "Morket <no-reply@morket.test>")
	require.NoError(t, err)
	box, _ := outbox(t)
	for name, m := range map[string]struct {
		mailer mailer.Mailer
		last   func(t *testing.T) string
	}{
		"smtp": {smtp, func(*testing.T) string { return <-server.got }},
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
	m, err := mailer.NewSMTP("smtp://"+server.listener.Addr().String()+"?starttls=off", "no-reply@morket.test")
	require.NoError(t, err)
	require.ErrorContains(t, m.Send(t.Context(), "refused@b.co", "s", "t"), "550")
	strict, err := mailer.NewSMTP("smtp://"+server.listener.Addr().String(), "no-reply@morket.test")
	require.NoError(t, err)
	require.Error(t, strict.Send(t.Context(), "a@b.co", "s", "t"), "without TLS nothing is sent")
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
