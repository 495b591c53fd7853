package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/client"
)

const key = "mk_secret-of-the-test"

// waits notes how long the client would have waited.
type waits []time.Duration

func (w *waits) wait(_ context.Context, d time.Duration) error {
	*w = append(*w, d)
	return nil
}

func newClient(t *testing.T, h http.HandlerFunc) (*client.Client, *waits) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	w := &waits{}
	c, err := client.New(client.Config{URL: s.URL + "/", Key: key, Workspace: "ws_1", Wait: w.wait})
	require.NoError(t, err)
	return c, w
}

func refuse(w http.ResponseWriter, status int, after, body string) {
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestAWriteKeepsItsKeyOverAllTries(t *testing.T) {
	t.Parallel()
	var keys, bodies []string
	c, waited := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		keys, bodies = append(keys, r.Header.Get("Idempotency-Key")), append(bodies, string(body))
		switch len(keys) {
		case 1:
			refuse(w, http.StatusTooManyRequests, "7", `{"error":{"message":"slower"}}`)
		case 2:
			refuse(w, http.StatusServiceUnavailable, "", "")
		case 3:
			conn, _, err := http.NewResponseController(w).Hijack() // the answer is lost
			if err == nil {
				conn.Close()
			}
		default:
			_, _ = io.WriteString(w, `{"data":{"inserted":1}}`)
		}
	})
	var out struct{ Inserted int }
	_, err := c.Write(t.Context(), "/x", "", map[string]int{"a": 1}, &out)
	require.NoError(t, err)
	require.Equal(t, 1, out.Inserted)
	require.Len(t, keys, 4)
	for i := range keys {
		require.NotEmpty(t, keys[0])
		require.Equal(t, keys[0], keys[i])
		require.JSONEq(t, `{"a":1}`, bodies[i])
	}
	require.Len(t, *waited, 3)
	require.Equal(t, 7*time.Second, (*waited)[0], "as long as the server asks for")

	_, err = c.Write(t.Context(), "/x", "mine", nil, nil)
	require.NoError(t, err)
	require.Equal(t, "mine", keys[4])
	_, err = c.Write(t.Context(), "/x", "", nil, nil)
	require.NoError(t, err)
	require.NotEqual(t, keys[0], keys[5], "another write is another key")
}

func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		status      int
		after, want string
		tries       int
	}{
		"busy for good":        {http.StatusServiceUnavailable, "1", "after 5 tries: 503 Service Unavailable: busy", 5},
		"asks for too much":    {http.StatusTooManyRequests, "3600", "429 Too Many Requests: busy", 1},
		"refused":              {http.StatusForbidden, "1", "403 Forbidden: busy", 1},
		"broken":               {http.StatusInternalServerError, "1", "500 Internal Server Error: busy", 1},
		"a redirect elsewhere": {http.StatusFound, "", "302 Found: busy", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			c, waited := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				w.Header().Set("Location", "http://127.0.0.1:1/")
				refuse(w, x.status, x.after, `{"error":{"code":"C","message":"busy","details":[{"field":"f","message":"busy"}]}}`)
			})
			_, err := c.Get(t.Context(), "/x", nil, nil)
			require.EqualError(t, err, x.want)
			var no *client.Error
			require.ErrorAs(t, err, &no)
			require.Equal(t, "C", no.Code)
			require.Equal(t, x.tries, n)
			require.Len(t, *waited, x.tries-1)
		})
	}
}

func TestAnErrorSaysWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusUnprocessableEntity, "", `{"error":{"message":"Check the fields.","details":[{"field":"sort","message":"no such column"}]}}`)
	})
	_, err := c.Get(t.Context(), "/x", nil, nil)
	require.EqualError(t, err, "422 Unprocessable Entity: Check the fields.; sort: no such column")
	other, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "", "<html>") })
	_, err = other.Get(t.Context(), "/x", nil, nil)
	require.EqualError(t, err, "404 Not Found: is this the address of a Morket server?")
}

func TestAddressesThatWouldGiveTheKeyAwayAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://example.com":        "unencrypted",
		"http://10.0.0.1:8080":      "unencrypted",
		"http://127.0.0.1.evil.com": "unencrypted",
		"http://me:pw@127.0.0.1":    "has to look like",
		"ftp://127.0.0.1":           "begins with https://",
		"127.0.0.1:8080":            "has to look like",
		"":                          "has to look like",
	} {
		_, err := client.New(client.Config{URL: address, Key: key})
		require.ErrorContains(t, err, want, address)
		require.NotContains(t, err.Error(), key)
	}
	for _, address := range []string{"https://example.com", "http://localhost:8080", "http://127.0.0.1:1/", "http://[::1]:1"} {
		_, err := client.New(client.Config{URL: address, Key: key})
		require.NoError(t, err, address)
	}
	for _, bad := range []string{"", key + "\n", "mk ä"} {
		_, err := client.New(client.Config{URL: "https://example.com", Key: bad})
		require.ErrorContains(t, err, "API key")
		require.NotContains(t, err.Error(), key)
	}
}

func TestTheKeyIsInNoText(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.Config{URL: "http://127.0.0.1:1", Key: key, Wait: (&waits{}).wait})
	require.NoError(t, err)
	_, err = c.Get(t.Context(), "/x", nil, nil)
	require.ErrorContains(t, err, "after 5 tries")
	text := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, err)
	require.NotContains(t, text, key)
	require.NotContains(t, text, "secret")
}

func TestPagesFollowCursors(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			_, _ = io.WriteString(w, `{"data":[1,2],"meta":{"next_cursor":"b"}}`)
		case "b":
			_, _ = io.WriteString(w, `{"data":[3],"meta":{"next_cursor":"`+r.URL.Query().Get("then")+`"}}`)
		default:
			refuse(w, http.StatusBadRequest, "", `{"error":{"message":"the cursor is old"}}`)
		}
	})
	collect := func(then string) (out []int, last error) {
		for n, err := range client.Pages[int](t.Context(), c, "/x", map[string][]string{"then": {then}}) {
			if err != nil {
				return out, err
			}
			out = append(out, n)
		}
		return out, nil
	}
	all, err := collect("")
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, all)
	all, err = collect("c")
	require.ErrorContains(t, err, "the cursor is old")
	require.Equal(t, []int{1, 2, 3}, all)
	_, err = collect("b")
	require.ErrorContains(t, err, "the same cursor twice")
}

func TestReadsWaitForTheClientsWrites(t *testing.T) {
	t.Parallel()
	var asked []string
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Morket-Min-Position"))
		if r.Method == http.MethodPost {
			w.Header().Set("Morket-Position", "42")
		}
		_, _ = io.WriteString(w, `{"data":{"n":12345678901234567890}}`)
	})
	var out map[string]any
	_, err := c.Write(t.Context(), "/x", "", nil, nil)
	require.NoError(t, err)
	_, err = c.Get(t.Context(), "/x", nil, &out)
	require.NoError(t, err)
	require.Equal(t, []string{"", "42"}, asked)
	require.Equal(t, json.Number("12345678901234567890"), out["n"], "numbers are kept as written")
}

func TestWhatIsTooLargeIsNeitherSentNorRead(t *testing.T) {
	t.Parallel()
	asked := 0
	c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, `{"data":"`)
		_, _ = io.Copy(w, bytes.NewReader(bytes.Repeat([]byte("x"), client.MaxAnswer)))
		_, _ = io.WriteString(w, `"}`)
	})
	_, err := c.Write(t.Context(), "/x", "", strings.Repeat("x", client.MaxSent), nil)
	require.ErrorContains(t, err, "send less at once")
	require.Zero(t, asked)
	_, err = c.Get(t.Context(), "/x", nil, nil)
	require.ErrorContains(t, err, "ask for less at once")
}

func TestTablesAndColumnsAreFoundByName(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/workspaces/ws_1/tables":
			_, _ = io.WriteString(w, `{"data":[{"id":"tbl_1","name":"Leads"},{"id":"tbl_2","name":"Twice"},{"id":"tbl_3","name":"twice"},{"id":"tbl_4","name":"Gone","trashed_at":"2026-01-01T00:00:00Z"}]}`)
		case "/api/v1/workspaces/ws_1/tables/tbl_1":
			_, _ = io.WriteString(w, `{"data":{"id":"tbl_1","name":"Leads","columns":[{"id":"col_1","name":"E-mail"},{"id":"col_2","name":"a:desc"}]}}`)
		default:
			refuse(w, http.StatusNotFound, "", `{"error":{"message":"no such table"}}`)
		}
	})
	table, err := c.Table(t.Context(), "leads ")
	require.NoError(t, err)
	require.Equal(t, "tbl_1", table.ID)
	for ref, want := range map[string]string{"twice": "2 tables are called", "gone": "there are: Leads, Twice, twice", "tbl_9": "no such table"} {
		_, err = c.Table(t.Context(), ref)
		require.ErrorContains(t, err, want)
	}
	order, err := table.Sort([]string{"e-mail:desc", "col_2"})
	require.NoError(t, err)
	require.Equal(t, "col_1:desc,col_2:asc", order)
	_, err = table.Sort([]string{"Phone"})
	require.ErrorContains(t, err, "it has: E-mail, a:desc")
	require.Equal(t, map[string]any{"E-mail": 1}, table.Named(map[string]any{"col_1": 1, "col_9": 2}))
}
