package extract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/extract"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/domain/enrichment"
)

func TestConforms(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, extract.New())
}

const document = `{"company":{"name":"Acme AG","staff":[{"name":"Ann","mail":"ann@acme.com"},{"name":"Bob","mail":null}]},"n":12.50}`

func TestExtraction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, path, pattern string
		value               any
		count               any
	}{
		"a pattern":               {"Call 044 1 or 044 2", "", `044 \d`, "044 1", 2.0},
		"a group":                 {"VAT: CHE-123.456.789 MWST", "", `VAT:? *(\S+)`, "CHE-123.456.789", 1.0},
		"a group that took none":  {"b ab", "", `(a)?b`, "a", 1.0},
		"a path":                  {document, "$.company.name", "", "Acme AG", 1.0},
		"several values":          {document, "$.company.staff[*].name", "", "Ann", 2.0},
		"null is no value":        {document, "$.company.staff[*].mail", "", "ann@acme.com", 1.0},
		"numbers as written":      {document, "$.n", "", "12.50", 1.0},
		"both":                    {document, "$.company.staff[*].mail", `@(.+)$`, "acme.com", 1.0},
		"nothing matches":         {"x", "", "y", nil, nil},
		"the path leads nowhere":  {document, "$.nowhere", "", nil, nil},
		"an empty match is none":  {"abc", "", "x*", nil, nil},
		"signs that are not UTF8": {"a\xffb", "", "a.b", "ab", 1.0},
	} {
		got := providertest.Ask(t, extract.New(), map[string]string{"text": c.text, "path": c.path, "pattern": c.pattern})
		require.Equal(t, c.value, got.Outputs["value"], name)
		require.Equal(t, c.count, got.Outputs["count"], name)
		if c.value != nil {
			require.Equal(t, []enrichment.Evidence{enrichment.ByInput}, got.VerifiedBy)
		}
	}
}

// What can't be done says why, and within what time it says so is bounded.
func TestFaultyQuestionsAreRefusedSoon(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 100<<10)
	for says, in := range map[string]map[string]string{
		"give a JSONPath":          {"text": "x"},
		"longer than 100 KB":       {"text": long + "x", "pattern": "a"},
		"the regular expression":   {"text": "x", "pattern": "("},
		"too costly":               {"text": "x", "pattern": "((ab{20}){20}){2}"},
		"too long for the regular": {"text": long, "pattern": "(?:" + strings.Repeat("a?", 200) + ")b"},
		"the path is not":          {"text": document, "path": "company.name"},
		"the text is not JSON":     {"text": "no json", "path": "$.a"},
		"nested deeper":            {"text": strings.Repeat("[", 1000), "path": "$..a"},
	} {
		began := time.Now()
		_, err := extract.New().Call(t.Context(), enrichment.Request{Inputs: in})
		require.ErrorContains(t, err, says)
		require.Equal(t, enrichment.CallBadInput, enrichment.AsCallError(err).Kind)
		require.Less(t, time.Since(began), 10*time.Second, says)
	}
	began := time.Now()
	got := providertest.Ask(t, extract.New(), map[string]string{"text": long, "pattern": "a|a.*b"}) // looks to the end for each match
	require.NotEmpty(t, got.Outputs["values"])
	require.Less(t, time.Since(began), 10*time.Second)
}
