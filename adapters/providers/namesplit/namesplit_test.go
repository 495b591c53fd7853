package namesplit_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/providers/namesplit"
	"github.com/morket/morket/adapters/providers/providertest"
	"github.com/morket/morket/domain/enrichment"
)

func TestNameSplit(t *testing.T) {
	t.Parallel()
	p := namesplit.New()
	providertest.Conforms(t, p)
	for in, want := range map[string][5]string{ // title, first, middle, last, suffix
		"ann smith":                  {"", "Ann", "", "Smith", ""},
		"SMITH, ANN MARIE":           {"", "Ann", "Marie", "Smith", ""},
		"Dr. Ludwig van Beethoven":   {"Dr.", "Ludwig", "", "van Beethoven", ""},
		"Prof. Dr. Eva Maria Müller": {"Prof. Dr.", "Eva", "Maria", "Müller", ""},
		"jean-luc o'neill":           {"", "Jean-Luc", "", "O'Neill", ""},
		"MARTIN LUTHER KING JR.":     {"", "Martin", "Luther", "King", "JR."},
		"Leonardo DiCaprio":          {"", "Leonardo", "", "DiCaprio", ""},
		"ronald mcdonald":            {"", "Ronald", "", "McDonald", ""},
		"Madonna":                    {"", "Madonna", "", "", ""},
		"  M   Curie ":               {"", "M", "", "Curie", ""},
		"Jane Doe, PhD, MBA":         {"", "Jane", "", "Doe", "PhD MBA"},
		"Ursula von der Leyen":       {"", "Ursula", "", "von der Leyen", ""},
	} {
		out := providertest.Ask(t, p, map[string]string{"name": in}).Outputs
		text := func(k string) string { s, _ := out[k].(string); return s }
		require.Equal(t, want, [5]string{text("title"), text("first_name"), text("middle_name"), text("last_name"), text("suffix")}, in)
	}
	out := providertest.Ask(t, p, map[string]string{"name": "Dr. Ada Lovelace"}).Outputs
	require.Equal(t, "Dear Dr. Lovelace", out["salutation"])
	require.Equal(t, "AL", out["initials"])
	for _, bad := range []string{"bob@example.com", "42", "http://x", "-"} {
		_, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"name": bad}})
		require.Error(t, err, bad)
	}
}

func TestAnyTextIsSurvived(t *testing.T) {
	t.Parallel()
	p := namesplit.New()
	rapid.Check(t, func(rt *rapid.T) {
		reply, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"name": rapid.String().Draw(rt, "name")}})
		if err == nil && enrichment.CheckReply(p.Describe().Outputs, reply.Outputs) != nil {
			rt.Fatalf("%v", reply)
		}
	})
}
