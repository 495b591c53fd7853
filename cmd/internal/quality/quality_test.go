package quality_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/quality"
)

// What providers know of phones, names and companies does not get worse.
func TestNoFigureFalls(t *testing.T) {
	t.Parallel()
	r, err := quality.Measure(t.Context())
	require.NoError(t, err)
	for _, f := range r.Figures {
		require.GreaterOrEqual(t, f.Cases, 200, f.Kind)
		if !f.OK() {
			for _, m := range f.Wrong {
				t.Logf("%s: wanted %q, got %q", m.Case, m.Want, m.Got)
			}
			t.Errorf("%s: precision %.3f, first %.3f, among %.3f; the bars are %+v", f.Kind, f.Precision, f.First, f.Among, f.Bars)
		}
	}
	var b bytes.Buffer
	require.NoError(t, r.Table(&b))
	t.Log("\n" + b.String())
	require.Equal(t, len(r.Figures)+1, bytes.Count(b.Bytes(), []byte("\n")))
}
