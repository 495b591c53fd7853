package archtest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An alert that wakes somebody must say where it is written what to do, and it must be written there.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	t.Parallel()
	const folder = "../../../infra/prometheus/"
	rules, err := os.ReadFile(folder + "alerts.yml")
	require.NoError(t, err)
	text, err := os.ReadFile(folder + "runbooks.md")
	require.NoError(t, err)

	books := map[string]string{}
	chapter, _, _ := strings.Cut(string(text), "\n# Alarms")
	for _, part := range strings.Split(chapter, "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		books[name] = body
	}
	alerts := strings.Split(string(rules), "- alert: ")[1:]
	require.Greater(t, len(alerts), 20, "the alerts were not found")
	link := regexp.MustCompile(`(?m)^\s+runbook_url: (\S+)$`)
	for _, alert := range alerts {
		name, body, _ := strings.Cut(alert, "\n")
		found := link.FindStringSubmatch(body)
		if assert.NotNil(t, found, "%s has no runbook_url", name) {
			assert.Equal(t, "runbooks.md#"+strings.ToLower(name), found[1])
		}
		for _, part := range []string{"**Means:** ", "**Look:** ", "**Do:** ", "**Over:** "} {
			assert.Contains(t, books[name], part, "the runbook of %s", name)
		}
		delete(books, name)
	}
	assert.Empty(t, books, "runbooks of alerts that there are not")
}
