package workflowcmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

const secretKey = kernel.CredentialID("crd_01JZZZZZZZZZZZZZZZZZZZZZZZ")

// outside is another system.
type outside struct {
	mu      sync.Mutex
	took    map[string]int // by the call's name
	asked   []workflowcmd.Request
	refuses func(r workflowcmd.Request) workflowcmd.Reply
	opened  int
}

// Open implements workflowcmd.Caller.
func (w *world) Open(context.Context, kernel.Meta, kernel.CredentialID) (workflowcmd.Key, error) {
	w.calls.opened++
	return workflowcmd.Key{Secret: map[string]string{"token": "hidden"}, Hosts: []string{"api.example.com"}}, nil
}

// Call implements workflowcmd.Caller.
func (w *world) Call(_ context.Context, r workflowcmd.Request) workflowcmd.Reply {
	o := &w.calls
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, r)
	if o.refuses != nil {
		if a := o.refuses(r); a.Err != nil {
			return a
		}
	}
	if o.took == nil {
		o.took = map[string]int{}
	}
	o.took[r.Name]++
	return workflowcmd.Reply{}
}

func posting() workflow.Config {
	return workflow.Config{
		Method: "POST", URL: "https://api.example.com/{{Kind}}/leads?of={{Mark}}", Headers: map[string]string{"X-Kind": "{{Kind}}"},
		Body: `{"kind":"{{Kind}}","mark":{{Mark}}}`,
	}
}

func TestEachRowIsCalledOnceForWithItsValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 120)
	w.cells[w.rows[0]][mark] = json.RawMessage(`"a\"/b?"`)
	_, id := w.begin(chain(node("tell", workflow.Call, posting()), node("mark", workflow.UpdateCells, set(`"told"`))))
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Completed, w.run(id).State(), w.run(id).Ended().Reason)
	require.Len(t, w.calls.took, 120)
	require.Equal(t, 120, w.marked(mark, `"told"`))
	for _, r := range w.calls.asked {
		require.Equal(t, 1, w.calls.took[r.Name])
		if strings.Contains(r.URL, "=a") {
			require.Equal(t, workflow.Called{
				Method: "POST", URL: "https://api.example.com/good/leads?of=a%22%2Fb%3F", Headers: map[string]string{"X-Kind": "good"},
				Body: `{"kind":"good","mark":"a\"/b?"}`,
			}, r.Called)
		} else {
			require.True(t, strings.HasSuffix(r.Body, `"mark":null}`), r.Body)
		}
	}
}

func TestARowThatWasRefusedIsCalledForAgainUnderItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 200)
	bad := w.rows[120]
	w.cells[bad][mark] = json.RawMessage(`"bad"`)
	w.calls.refuses = func(r workflowcmd.Request) workflowcmd.Reply {
		if strings.Contains(r.Body, `"mark":"bad"`) {
			return workflowcmd.Reply{Err: errors.New("the receiver answers 400")}
		}
		return workflowcmd.Reply{}
	}
	_, id := w.begin(chain(node("tell", workflow.Call, posting())))
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Failed, w.run(id).State())
	require.Equal(t, fmt.Sprintf("HTTP request: row %s: the receiver answers 400", bad), w.run(id).Ended().Reason)
	require.Less(t, len(w.calls.took), 150, "it stops at the first error")
	w.calls.refuses = nil
	_, err := w.h.Resume(t.Context(), person(), workflowcmd.Resume{Run: id})
	require.NoError(t, err)
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Completed, w.run(id).State())
	require.Len(t, w.calls.took, 200)
	names := map[string]int{}
	for _, r := range w.calls.asked {
		names[r.Name]++
	}
	require.Len(t, names, 200, "the row that was refused keeps its name")

	_, err = w.h.Resume(t.Context(), person(), workflowcmd.Resume{Run: id, From: "tell"})
	require.NoError(t, err)
	require.True(t, w.work(id).Done)
	require.Len(t, w.calls.took, 400, "asked for again by people, each call is another one")
}

func TestRowsThatAreRefusedLeaveARunThatGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	w.calls.refuses = func(r workflowcmd.Request) workflowcmd.Reply {
		if strings.Contains(r.Body, `"kind":"bad"`) {
			return workflowcmd.Reply{Err: errors.New("no")}
		}
		return workflowcmd.Reply{}
	}
	tell := node("tell", workflow.Call, posting())
	tell.OnError = workflow.Continue
	_, id := w.begin(chain(tell, node("mark", workflow.UpdateCells, set(`"told"`))))
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Partial, w.run(id).State())
	require.Equal(t, 50, w.marked(mark, `"told"`))
}

func TestACallIsMadeAgainWhereThatMayHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	tries := 0
	w.calls.refuses = func(workflowcmd.Request) workflowcmd.Reply {
		if tries++; tries < 3 {
			return workflowcmd.Reply{Err: errors.New("busy"), Again: true, After: time.Second}
		}
		return workflowcmd.Reply{}
	}
	_, id := w.begin(chain(node("tell", workflow.Call, posting())))
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Completed, w.run(id).State())
	require.Equal(t, 3, tries)
}

// A key is opened once for a stretch of work, goes where it may, and stands in no event.
func TestACallCarriesItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	c := posting()
	c.CredentialID, c.Auth = secretKey, workflow.AuthBearer
	g := chain(node("tell", workflow.Call, c))
	saved := w.save("", 0, g)
	require.Len(t, saved.Problems, 1)
	require.Contains(t, saved.Problems[0].Message, "not there any more")
	w.append(kernel.Meta{Actor: kernel.System(), Workspace: ws}, eventstore.Stream("credential", string(secretKey)),
		credential.Stored{ID: secretKey, Workspace: ws, Hosts: []string{"other.example.com"}})
	require.Contains(t, w.save(saved.ID, 1, g).Problems[0].Message, "may not be sent to api.example.com")
	w.append(kernel.Meta{Actor: kernel.System(), Workspace: ws}, eventstore.Stream("credential", string(secretKey)),
		credential.HostsChanged{ID: secretKey, Hosts: []string{"api.example.com"}})
	_, id := w.begin(g)
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Completed, w.run(id).State(), w.run(id).Ended().Reason)
	require.Equal(t, 1, w.calls.opened)
	require.Equal(t, "hidden", w.calls.asked[0].Key.Secret["token"])
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", w.calls.asked[0].Key, w.calls.asked[0], w.calls.asked[0]), "hidden")
}

func TestADryRunCallsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	saved := w.save("", 0, chain(node("tell", workflow.Call, posting())))
	d, err := w.h.DryRun(t.Context(), person(), saved.ID, 0)
	require.NoError(t, err)
	require.Empty(t, w.calls.asked)
	require.Equal(t, `would call for 10 rows, the first one: POST https://api.example.com/good/leads?of= with {"kind":"good","mark":null}`,
		d.Nodes[2].Says)
}
