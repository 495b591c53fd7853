//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// happened is an event as the change feed and the webhooks tell it.
type happened struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Position string `json:"position"`
}

func (h happened) at() int64 {
	n, err := strconv.ParseInt(h.Position, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// follower reads the change feed from where it began, and requires that it goes upwards.
type follower struct {
	*steady
	cursor string
	events []happened
}

func (f *follower) work(ctx context.Context, enough <-chan struct{}) error {
	for {
		more, err := f.page(ctx, 1)
		if err != nil {
			return err
		}
		select {
		case <-enough:
			if !more {
				return nil
			}
		default:
		}
	}
}

// page takes a page of the feed, waiting some seconds for one, and reports whether there may be more.
func (f *follower) page(ctx context.Context, seconds int) (bool, error) {
	page, err := insisted[struct {
		Events []happened `json:"events"`
		Cursor string     `json:"cursor"`
		More   bool       `json:"more"`
	}](ctx, f.steady, http.StatusOK, http.MethodGet, "/changes?limit=500&wait="+strconv.Itoa(seconds)+"&after="+f.cursor, nil)
	if err != nil {
		return false, err
	}
	for _, e := range page.Events {
		if n := len(f.events); n > 0 && e.at() <= f.events[n-1].at() || e.at() < 0 {
			return false, fmt.Errorf("the feed went back to %+v after %+v", e, f.events[n-1])
		}
		f.events = append(f.events, e)
	}
	f.cursor = page.Cursor
	return page.More, nil
}

// addressee is where a webhook's events go. It refuses some of them, when it is told to.
type addressee struct {
	ordered bool
	mu      sync.Mutex
	refuse  int // so many of the next ones
	seen    map[string]bool
	last    int64 // position of the latest new one
	wrong   string
	repeats int
}

func newAddressee(t *testing.T, ordered bool) (*addressee, string) {
	t.Helper()
	r := &addressee{ordered: ordered, seen: map[string]bool{}}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	return r, srv.URL + "/events"
}

// ServeHTTP takes an event, or refuses it.
func (r *addressee) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var e happened
	if err != nil || json.Unmarshal(body, &e) != nil { // cut off in the middle by the death of the sender
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse > 0 {
		r.refuse--
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if r.seen[e.ID] {
		r.repeats++
		return
	}
	if r.ordered && e.at() < r.last && r.wrong == "" {
		r.wrong = fmt.Sprintf("%+v came after an event at %d", e, r.last)
	}
	r.seen[e.ID] = true
	r.last = max(r.last, e.at())
}

// refuseSome has the next deliveries refused.
func (r *addressee) refuseSome(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = n
}

// lacks are the events that have not come.
func (r *addressee) lacks(all []happened) []happened {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(all), func(h happened) bool { return r.seen[h.ID] })
}

// delivered are the types of events that the webhooks of the loop are for.
func delivered() []string {
	return []string{"table.cells_edited.v1", "table.rows_inserted.v1", "table.rows_deleted.v1", "import.completed.v1", "run.started.v1", "run.finished.v1", "credit.debited.v1"}
}
