package systemtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where a text is required, nothing in its place is refused, in every operation's body: null, no text, and blanks. The cases come from
// the document, so that a new operation's are among them.
func TestNothingIsNotTakenForARequiredText(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	doc, ops := describe(t, s)
	c := demo(t, s) // an operator
	ids := furnish(t, s, c, "required")
	ids["email"] = "required@example.com" // other tests lock the usual one out
	tried := 0
	var wrong []string
	for _, op := range ops {
		if op.body() == nil || strings.HasPrefix(op.ID, "check-") { // a check answers what is wrong with what it is given
			continue
		}
		fit := doc.least(op.body(), "", ids, true)
		for _, p := range doc.texts(op.body(), fit, nil) {
			for _, nothing := range []any{nil, "", "   ", " \t\n "} {
				if op.ID == "replace-text" && nothing != nil && nothing != "" { // blanks can be looked for
					continue
				}
				tried++
				r, err := c.try(t.Context(), op.method, op.fill(ids), mustJSON(t, replace(fit, p.at, nothing)))
				require.NoError(t, err)
				if complaint := unrefused(t, r, p); complaint != "" {
					wrong = append(wrong, fmt.Sprintf("%s: %v = %q: %s", op.ID, p.at, nothing, complaint))
				}
			}
		}
	}
	t.Logf("%d requests", tried)
	require.Greater(t, tried, 200)
	slices.Sort(wrong)
	require.Empty(t, wrong, strings.Join(wrong, "\n"))
}

// required is a place of a body where a text, or an id, must be.
type required struct {
	at []any
	id bool
}

// unrefused says what is wrong with the answer to a request with nothing at the place.
func unrefused(t *testing.T, r reply, p required) string {
	t.Helper()
	name := fmt.Sprint(p.at[len(p.at)-1])
	switch {
	case r.Status == http.StatusUnprocessableEntity && strings.Contains(field(t, r), name):
	case r.Status == http.StatusUnauthorized && strings.Contains(name, "password"): // a wrong one
	case p.id && (r.Status == http.StatusNotFound || r.Status == http.StatusUnprocessableEntity): // or what it is the id of
	default:
		return fmt.Sprintf("%d %.300s", r.Status, r.Raw)
	}
	return ""
}

// texts are the places of a fitting value where the schema requires a text.
func (d document) texts(s *schema, fit any, at []any) []required {
	s = d.deref(s)
	var all []required
	switch v := fit.(type) {
	case map[string]any:
		for name, inner := range v {
			p := d.deref(s.Properties[name])
			if p == nil {
				continue
			}
			here := append(slices.Clone(at), name)
			if kind(p) == "string" && slices.Contains(s.Required, name) && len(p.Enum) == 0 {
				all = append(all, required{here, p.Prefix != ""})
			}
			all = append(all, d.texts(p, inner, here)...)
		}
	case []any:
		for i, inner := range v {
			all = append(all, d.texts(s.Items, inner, append(slices.Clone(at), i))...)
		}
	}
	return all
}
