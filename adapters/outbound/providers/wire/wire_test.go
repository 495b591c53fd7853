package wire

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	c := &Client{clock: kernel.NewManualClock(now)}
	for in, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 90 ": 90 * time.Second, "0": 0, "": 0, "-5": 0, "soon": 0, "1.5": 0,
		now.Add(42 * time.Second).Format(http.TimeFormat): 42 * time.Second,
		now.Add(time.Minute).Format(time.RFC850):          time.Minute,
		now.Add(time.Minute).Format(time.ANSIC):           time.Minute,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		"Fri, 31 Dec 9999 23:59:59 GMT":                   24 * time.Hour,
		"99999999":                                        24 * time.Hour,
		"99999999999999999999999":                         24 * time.Hour,
	} {
		require.Equal(t, want, c.Wait(http.Header{"Retry-After": {in}}), in)
	}
}

// TestALostAnswerIsNotAskedForAgain: the server did the work and broke the connection, which had been used before.
func TestALostAnswerIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
		for _, key := range []string{"", "k1"} {
			var asked atomic.Int32
			var saw atomic.Value
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				saw.Store(r.Header.Get("Idempotency-Key") + "|" + string(body) + "|" + strings.Join(r.TransferEncoding, ","))
				if asked.Add(1) > 1 {
					panic(http.ErrAbortHandler)
				}
			}))
			c := New(srv.Client(), func(res *http.Response, _ int64) ([]byte, bool, error) {
				defer func() { _ = res.Body.Close() }()
				b, err := io.ReadAll(res.Body)
				return b, false, err
			}, "Morket/test", kernel.SystemClock{})
			do := func() error {
				var body io.Reader = http.NoBody
				if method != http.MethodGet {
					body = strings.NewReader("x")
				}
				req, err := http.NewRequestWithContext(t.Context(), method, srv.URL, body)
				require.NoError(t, err)
				SetKey(req, key)
				_, err = c.Do(req)
				return err
			}
			require.NoError(t, do())
			require.Error(t, do())
			require.EqualValues(t, 2, asked.Load(), "%s with key %q", method, key)
			want := key + "|x|"
			if method == http.MethodGet {
				want = key + "||"
			}
			require.Equal(t, want, saw.Load(), "the request is what it was meant to be")
			srv.Close()
		}
	}
}
