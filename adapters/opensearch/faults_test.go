package opensearch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// What OpenSearch is at fault for is waited for; what is wrong with a document is its stream's fault.
func TestAFaultOfTheServerIsNoFaultOfADocument(t *testing.T) {
	t.Parallel()
	for status, transient := range map[int]bool{
		400: false, 404: false, 409: false, 413: false,
		401: true, 403: true, 408: true, 429: true, 500: true, 502: true, 503: true, 504: true,
	} {
		said := fmt.Sprintf(`{"error":{"type":"x_exception","reason":"a shard is closing"},"status":%d}`, status)
		t.Run(fmt.Sprint(status, " of a request"), func(t *testing.T) {
			t.Parallel()
			e, b := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(said))
			})
			require.Equal(t, transient, e.Transient(b.Flush(t.Context(), 1)))
		})
		if status == http.StatusConflict { // a later document is there, which is no fault
			continue
		}
		t.Run(fmt.Sprint(status, " of a document"), func(t *testing.T) {
			t.Parallel()
			e, b := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprintf(w, `{"errors":true,"items":[{"index":{"_id":"row_1","status":%d,"error":{"type":"x_exception","reason":"a shard is closing"}}}]}`, status)
			})
			err := b.Flush(t.Context(), 1)
			require.Error(t, err)
			require.Equal(t, transient, e.Transient(err))
		})
	}
}

func TestADocumentThatCanNotBeReadNowIsWaitedFor(t *testing.T) {
	t.Parallel()
	for kind, transient := range map[string]bool{
		"no_shard_available_action_exception": true, "circuit_breaking_exception": true, "already_closed_exception": true,
		"index_not_found_exception": false,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e, b := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/_mget") {
					_, _ = fmt.Fprintf(w, `{"docs":[{"_id":"row_1","error":{"type":%q,"reason":"not now"}}]}`, kind)
				}
			})
			w, err := opensearch.Open(b)
			require.NoError(t, err)
			_, err = w.Documents(t.Context(), []kernel.RowID{"row_1"})
			require.Error(t, err)
			require.Equal(t, transient, e.Transient(err))
		})
	}
}

// answering begins a batch of a copy that lies in a server which answers so.
func answering(t *testing.T, answer http.HandlerFunc) (*opensearch.Engine, sidestore.Batch) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := opensearch.NewClient(server.URL)
	require.NoError(t, err)
	e := opensearch.NewEngine(c)
	b, err := e.Begin(t.Context(), sidestore.Copy{Projection: searchview.NameOpenSearch, Generation: "g1"})
	require.NoError(t, err)
	return e, b
}
