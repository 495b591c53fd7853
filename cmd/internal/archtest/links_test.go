package archtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// link finds the target of a Markdown link, without its anchor.
var link = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)

// A file that was moved leaves its links behind in the documents.
func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	const root = "../../.."
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "*.md").Output()
	require.NoError(t, err)
	documents := strings.Fields(string(out))
	require.NotEmpty(t, documents)
	links := 0
	for _, name := range documents {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			_, err := os.Stat(filepath.Join(root, filepath.Dir(name), m[1]))
			require.NoError(t, err, "%s has a link to %s", name, m[1])
		}
	}
	require.Positive(t, links)
}
