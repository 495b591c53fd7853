package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

func TestAnAddressOpensByItsNewestSecretAlone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	saved := workflow.Saved{WorkflowID: "wfl_1", Workspace: "ws_1", Version: 1, Name: "A", Graph: simple(), At: at}
	set := func(secret string) workflow.HookSet {
		return workflow.HookSet{WorkflowID: "wfl_1", Hash: workflow.HookHash(secret), By: "usr_1", At: at}
	}
	w := domaintest.Given(t, workflow.New(), saved, set("old")).
		When(func(w *workflow.Workflow) error { return w.SetHook(workflow.HookHash("new"), "usr_1", at) }).Then(set("new"))
	require.True(t, w.Opens("new"))
	require.False(t, w.Opens("old"))
	require.False(t, w.Opens(""))
	require.False(t, domaintest.Given(t, workflow.New(), saved).When(func(*workflow.Workflow) error { return nil }).ThenNothing().Opens(""))
	gone := domaintest.Given(t, workflow.New(), saved, set("new")).When((*workflow.Workflow).Delete).Then(workflow.Deleted{WorkflowID: "wfl_1"})
	require.False(t, gone.Opens("new"))
}

func TestADeliveryFillsColumnsByPaths(t *testing.T) {
	t.Parallel()
	list, err := workflow.Deliveries([]byte(` {"contact":{"email":"a@b.c","age":7},"items":[{"n":"x"},{"n":null}],"deep":[[1,[2]]]} `))
	require.NoError(t, err)
	require.Len(t, list, 1)
	for path, want := range map[string]string{
		"contact.email": `"a@b.c"`, "contact.age": "7", "items.0.n": `"x"`, "items.1.n": "null", "contact": `{"email":"a@b.c","age":7}`,
		"deep.0.1.0": "2", "contact.name": "", "items.2.n": "", "items.-1": "", "items.n": "", "contact.email.x": "", "": "",
	} {
		got, ok := list[0].At(path)
		require.Equal(t, want != "", ok, path)
		require.Equal(t, want, string(got), path)
	}
	cells := list[0].Cells(map[kernel.ColumnID]string{"col_1": "contact.age", "col_2": "gone"})
	require.Equal(t, map[string]json.RawMessage{"col_1": json.RawMessage("7")}, cells)
	require.Contains(t, list[0].Sample(), workflow.SampleField{Path: "contact.email", Value: "a@b.c"})
	require.Contains(t, list[0].Sample(), workflow.SampleField{Path: "deep.0.1.0", Value: "2"})
}

func TestWhatIsNoDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "{", "a text": `"a"`, "an empty list": "[]", "a list of texts": `["a"]`, "half": `{"a":1} {"b":2}`,
		"too many": "[" + strings.Repeat("{},", workflow.MaxDelivered) + "{}]",
	} {
		_, err := workflow.Deliveries([]byte(body))
		require.Error(t, err, name)
	}
	many := `{"a":[` + strings.Repeat(`{"b":1},`, 5000) + `{"b":1}],"t":"` + strings.Repeat("ä", 500) + `"}`
	list, err := workflow.Deliveries([]byte(many))
	require.NoError(t, err)
	sample := list[0].Sample()
	require.Len(t, sample, 4, "of a list only the first entries")
	require.Less(t, len(sample[3].Value), 200)
}
