package clearbit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/clearbit"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/domain/enrichment"
)

func start(t *testing.T, left int) (*twins.Clearbit, map[string]enrichment.Caller) {
	t.Helper()
	twin := twins.NewClearbit(time.Now, map[string]int{providertest.Canary: left})
	out := map[string]enrichment.Caller{}
	for _, c := range clearbit.New(providertest.Wire(), providertest.Start(t, twin)) {
		out[c.Describe().Slug] = c
	}
	return twin, out
}

func TestContract(t *testing.T) {
	t.Parallel()
	for slug, v := range map[string]struct {
		path   string
		inputs map[string]string
	}{
		clearbit.PersonSlug:  {"/v2/people/find", map[string]string{"email": "ada.lovelace@globex.com"}},
		clearbit.CompanySlug: {"/v2/companies/find", map[string]string{"domain": "acme.com"}},
	} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			twin, callers := start(t, -1)
			providertest.Contract(t, providertest.Vendor{Caller: callers[slug], Twin: twin, Ask: enrichment.Request{Inputs: v.inputs}, Path: v.path})
		})
	}
}

func TestExistingKeysOnly(t *testing.T) {
	t.Parallel()
	_, callers := start(t, -1)
	for _, c := range callers {
		d := c.Describe()
		require.True(t, d.Legacy)
		require.Contains(t, d.Name, "existing keys only")
		require.True(t, d.Idempotent, "what was asked before is counted once")
	}
}

// TestWhatCounts: found, queued and unknown count, each subject once; what can't be asked doesn't.
func TestWhatCounts(t *testing.T) {
	t.Parallel()
	twin, callers := start(t, 30)
	company := callers[clearbit.CompanySlug]
	found, unknown, queued := 0, 0, 0
	for i := range 30 {
		ask := providertest.Local(enrichment.Request{Inputs: map[string]string{"domain": fmt.Sprintf("company%d.com", i)}})
		reply, err := company.Call(t.Context(), ask)
		if err != nil {
			require.Equal(t, enrichment.CallPending, enrichment.AsCallError(err).Kind)
			require.Equal(t, 2*time.Minute, enrichment.AsCallError(err).RetryAfter)
			queued++
			reply, err = company.Call(t.Context(), ask)
			require.NoError(t, err)
		}
		if len(reply.Outputs) > 0 {
			found++
		} else {
			require.NotEmpty(t, reply.Missed)
			unknown++
		}
	}
	require.Positive(t, found)
	require.Positive(t, unknown)
	require.Positive(t, queued)
	require.Equal(t, 30, twin.Counted(providertest.Canary))
	_, err := callers[clearbit.PersonSlug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: map[string]string{"email": "not an address"}}))
	require.Equal(t, enrichment.CallBadInput, enrichment.AsCallError(err).Kind, "the error is a list here")
	require.Equal(t, 30, twin.Counted(providertest.Canary))
	_, err = company.Call(t.Context(), providertest.Local(enrichment.Request{Inputs: map[string]string{"domain": "one-more.com"}}))
	require.Equal(t, enrichment.CallExhausted, enrichment.AsCallError(err).Kind)
	_, err = company.Call(t.Context(), providertest.Local(enrichment.Request{Inputs: map[string]string{"domain": "company1.com"}}))
	require.NoError(t, err, "what was counted may be asked again")
}

func TestHosts(t *testing.T) {
	t.Parallel()
	_, callers := start(t, -1)
	for slug, want := range map[string]string{clearbit.PersonSlug: clearbit.PublicPerson, clearbit.CompanySlug: clearbit.PublicCompany} {
		d, ok := callers[slug].(enrichment.Directed)
		require.True(t, ok)
		require.Equal(t, want, d.Destination(nil, callers[slug].Describe().Credential.Hosts))
	}
}
