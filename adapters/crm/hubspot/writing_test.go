package hubspot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmconnectortest"
	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/adapters/crm/hubspot"
	"github.com/morket/morket/adapters/crm/hubspottwin"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

func begunClock() *kernel.ManualClock { return kernel.NewManualClock(crmconnectortest.Start()) }

// One conflict fails a whole batch of creates, and only the first is named: the others are written, and each conflict is told of its own
// record. https://github.com/HubSpot/hubspot-api-python/issues/51
func TestAConflictFailsItsOwnRecordOnly(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	there := map[int]string{}
	for _, i := range []int{7, 8, 61} {
		there[i] = twin.Seed("contacts", map[string]string{"email": fmt.Sprintf("p%d@example.com", i)}, clock.Now())
	}
	var writes []crm.Write
	for i := range 100 {
		writes = append(writes, crm.Write{Trace: fmt.Sprint("t", i), Values: map[string]string{"email": fmt.Sprintf("p%d@example.com", i)}})
	}
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	for i, w := range out {
		if id, ok := there[i]; ok {
			require.NotNil(t, w.Failure, i)
			require.Equal(t, crm.CallDuplicate, w.Failure.Kind)
			require.Equal(t, id, w.Failure.Existing)
			continue
		}
		require.Nil(t, w.Failure, "%d: %v", i, w.Failure)
		require.Equal(t, fmt.Sprintf("p%d@example.com", i), twin.Values("contacts", w.ID)["email"])
	}
	require.Len(t, twin.IDs("contacts"), 100)
	require.Less(t, len(twin.Calls()), 40, "and not by a call for each")
}

// HubSpot says that it writes no part of an upsert by addresses. Where one value that is wrong fails the whole of it, the others are written
// nevertheless.
func TestAWrongValueFailsItsOwnRecordOnly(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, "", hubspottwin.Config{Whole: true})
	g := crmconnectortest.Connect(t, c)
	var writes []crm.Write
	for i := range 100 {
		w := crm.Write{Trace: fmt.Sprint("t", i), By: "email", Value: fmt.Sprintf("p%d@example.com", i), Values: map[string]string{"score": "1"}}
		if i == 3 || i == 50 || i == 99 {
			w.Values["score"] = "many"
		}
		writes = append(writes, w)
	}
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	for i, w := range out {
		require.Equal(t, i == 3 || i == 50 || i == 99, w.Failure != nil, "%d: %v", i, w.Failure)
		if w.Failure != nil {
			require.Equal(t, "score", w.Failure.Field)
		}
	}
	require.Len(t, twin.IDs("contacts"), 97)
}

// When all records are at fault the halving ends: a limit is not spent on finding out.
func TestABatchThatIsBadThroughoutIsNotAskedForever(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	var writes []crm.Write
	for i := range 100 {
		email := fmt.Sprintf("p%d@example.com", i)
		twin.Seed("contacts", map[string]string{"email": email}, clock.Now())
		writes = append(writes, crm.Write{Trace: fmt.Sprint("t", i), Values: map[string]string{"email": email}})
	}
	twin.Forget()
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	for _, w := range out {
		require.Equal(t, crm.CallDuplicate, w.Failure.Kind)
	}
	require.LessOrEqual(t, len(twin.Calls()), 50)
}

// A call that fails after another was carried out must not hide what that one did.
func TestWhatWasDoneBeforeAFailureIsTold(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	id := twin.Seed("contacts", map[string]string{"lastname": "A"}, clock.Now())
	writes := []crm.Write{
		{Trace: "1", ID: id, Values: map[string]string{"lastname": "B"}},
		{Trace: "2", Values: map[string]string{"lastname": "C"}},
		{Trace: "3", By: "email", Value: "d@example.com", Values: map[string]string{"lastname": "D"}},
	}
	twin.Script(crmtwin.Fault{Path: "/batch/create", Status: 500})
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	require.Nil(t, out[0].Failure)
	require.True(t, out[1].Failure.Lost)
	require.Equal(t, crm.CallFailed, out[2].Failure.Kind)
	require.False(t, out[2].Failure.Lost, "it was never sent")
	require.Len(t, twin.IDs("contacts"), 1)
}

// What HubSpot says nothing of may have been written, and words about one record are not taken for another's.
func TestOutcomesThatDontFit(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	write := func(body string) []crm.Written {
		twin.Script(crmtwin.Fault{Status: 207, Body: body})
		out, err := c.Write(t.Context(), g, "contacts", []crm.Write{
			{Trace: "a", By: "email", Value: "a@example.com"}, {Trace: "b", By: "email", Value: "b@example.com"},
		})
		require.NoError(t, err)
		return out
	}
	out := write(`{"status":"COMPLETE","results":[{"id":"9","objectWriteTraceId":"b","new":true},{"id":"10","objectWriteTraceId":"zzz"}]}`)
	require.True(t, out[0].Failure.Lost)
	require.Equal(t, crm.Written{ID: "9", Created: true}, out[1])

	out = write(`{"results":[{"id":7,"properties":{"email":"A@example.com"}}],"errors":[{"context":{"objectWriteTraceId":["b"]},"message":"no","category":"RATE_LIMITS"}]}`)
	require.Equal(t, crm.Written{ID: "7"}, out[0], "without a trace the key tells")
	require.Equal(t, crm.CallLimited, out[1].Failure.Kind)
	require.False(t, out[1].Failure.Lost)

	out = write(`{"results":[],"errors":[{"objectWriteTraceId":"a","category":"VALIDATION_ERROR","message":"Property values were not valid: ` +
		`[{\"isValid\":false,\"message\":\"Email address x is invalid\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]"},{"id":"b@example.com","category":"OBJECT_NOT_FOUND"}]}`)
	require.Equal(t, crm.CallInvalid, out[0].Failure.Kind)
	require.Equal(t, "Email address x is invalid", out[0].Failure.Message)
	require.Equal(t, "email", out[0].Failure.Field)
	require.Equal(t, crm.CallGone, out[1].Failure.Kind)

	out = write(`{"results":[{"id":"1","objectWriteTraceId":"a"}],"errors":[{"objectWriteTraceId":"b","category":"VALIDATION_ERROR","message":"no",` +
		`"subCategory":{},"context":"{missingScopes=[a]}","errors":{"message":"x"}}]}`)
	require.Equal(t, crm.Written{ID: "1"}, out[0], "what is odd in one error doesn't cost the rest")
	require.Equal(t, crm.CallInvalid, out[1].Failure.Kind)

	_, err := c.Write(t.Context(), g, "contacts", []crm.Write{{Trace: "a", ID: "1"}, {Trace: "a", ID: "2"}})
	crmconnectortest.Failed(t, g, err, crm.CallInvalid, "traces that are the same tell nothing apart")
}

// BenchmarkWrite creates 50,000 contacts by their addresses, 100 a call, at a twin without limits.
func BenchmarkWrite(b *testing.B) {
	const records, size = 50_000, 100
	for b.Loop() {
		c, twin, _ := begin(b, hubspot.Dated, hubspottwin.Config{Life: time.Hour})
		g := crmconnectortest.Connect(b, c)
		for from := 0; from < records; from += size {
			writes := make([]crm.Write, size)
			for i := range writes {
				n := from + i
				writes[i] = crm.Write{Trace: fmt.Sprint("t", i), By: "email", Value: fmt.Sprintf("person%d@example.com", n), Values: map[string]string{
					"firstname": "Ada", "lastname": fmt.Sprint("Lovelace ", n), "jobtitle": "Engineer", "company": "Example", "city": "London", "score": "12.5",
				}}
			}
			out, err := c.Write(b.Context(), g, "contacts", writes)
			if err != nil || out[0].Failure != nil || out[size-1].Failure != nil {
				b.Fatal(err, out[0].Failure)
			}
		}
		if n := len(twin.IDs("contacts")); n != records {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
}
