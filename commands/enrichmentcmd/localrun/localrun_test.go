package localrun_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/localrun"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

type upper struct{}

func (upper) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug: "mirror", Name: "Mirror", Category: "test", Terms: "none", Price: 5, Idempotent: true,
		Inputs:  []enrichment.Field{{Name: "q", Label: "Question", Type: enrichment.FieldText, Required: true}, {Name: "z", Label: "Z", Type: enrichment.FieldText}},
		Outputs: []enrichment.Field{{Name: "a", Label: "Answer", Type: enrichment.FieldText}, {Name: "z", Label: "Z", Type: enrichment.FieldText}},
	}
}

func (upper) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	if req.Inputs["q"] == "bad" {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "no luck")
	}
	return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"], "z": req.Inputs["z"]}}, nil
}

func engine(t *testing.T) *waterfall.Engine {
	t.Helper()
	reg, err := enrichment.NewRegistry(upper{})
	require.NoError(t, err)
	e, err := waterfall.New(waterfall.Config{Registry: reg, Clock: kernel.SystemClock{}, Jitter: func() float64 { return 0 }})
	require.NoError(t, err)
	return e
}

func records(n int) func() ([]string, bool, error) {
	i := 0
	return func() ([]string, bool, error) {
		if i == n {
			return nil, false, nil
		}
		i++
		if i == 3 {
			return []string{"bad", "z"}, true, nil
		}
		return []string{fmt.Sprintf("q%d", i), "z"}, true, nil
	}
}

func TestAFileKeepsItsOrder(t *testing.T) {
	t.Parallel()
	j, err := localrun.Parse(engine(t), []string{"Name", "Zone"}, []string{"mirror:q=Name,z=Zone"})
	require.NoError(t, err)
	require.Equal(t, []string{"mirror_a", "mirror_z", "mirror_error"}, j.Header())
	n := 0
	sum, err := j.Run(t.Context(), records(1000), func(record, added []string, _ localrun.Summary) error {
		n++
		if n == 3 {
			require.Equal(t, []string{"", "", "mirror: no luck"}, added)
			return nil
		}
		require.Equal(t, fmt.Sprintf("q%d", n), record[0])
		require.Equal(t, []string{"re: " + record[0], "z", ""}, added)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, localrun.Summary{Records: 1000, Values: 999, Errors: 1, Cost: 4995}, sum)
}

func TestItEndsWhenWritingFails(t *testing.T) {
	t.Parallel()
	j, err := localrun.Parse(engine(t), []string{"Name"}, []string{"mirror:Name"})
	require.NoError(t, err)
	full := errors.New("disk full")
	_, err = j.Run(t.Context(), records(100_000), func([]string, []string, localrun.Summary) error { return full })
	require.ErrorIs(t, err, full)
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for request, says := range map[string]string{
		"nobody:Name": "no provider", "mirror": "write mirror:column", "mirror:Nope": "no column", "mirror:q=Name,q=Name": "twice", "mirror:x=Name": "not an input",
	} {
		_, err := localrun.Parse(engine(t), []string{"Name"}, []string{request})
		require.ErrorContains(t, err, says, request)
	}
	_, err := localrun.Parse(engine(t), []string{"Name"}, nil)
	require.Error(t, err)
}
