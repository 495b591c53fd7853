package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is kept beside Postgres has no policies of the store's own: each way to it names the workspace, by a form that shows in the
// source. Tables in ClickHouse and outside the read models say it in cmd/internal/boot.
func TestWhatIsKeptBesidePostgresIsNamedByItsWorkspace(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]struct {
		under, except string
		use, must     *regexp.Regexp // each line with a use must be of the form
	}{
		"objects are named by their owner": {
			"commands", "", regexp.MustCompile(`\.Put(Content)?\(ctx, `), regexp.MustCompile(`\.Put\(ctx, "[a-z]+/"\+string\(meta\.Workspace\)\+"/"\+`),
		},
		"requests search OpenSearch by the workspace's alias, which filters": {
			"adapters/opensearch", "batch.go client.go engine.go writer.go", regexp.MustCompile(`client\.do\(`), regexp.MustCompile(`"/"\+alias\+"/_search"|"/_aliases"`),
		},
		"answers are kept in Redis under the workspace": {
			"adapters/httpapi", "", regexp.MustCompile(`key := fmt\.Sprintf\(`), regexp.MustCompile(`"[a-z]+:%s:%s:.*, q\.Workspace, `),
		},
		"answers are kept in Redis under such a key": {
			"adapters/httpapi", "", regexp.MustCompile(`Cache\.(Get|Set)\(`), regexp.MustCompile(`Cache\.(Get|Set)\(ctx, key\b`),
		},
	} {
		uses := 0
		err := filepath.WalkDir(filepath.Join("..", "..", "..", rule.under), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(rule.except, d.Name()) {
				return err
			}
			src, err := os.ReadFile(path)
			for line := range strings.Lines(string(src)) {
				if rule.use.MatchString(line) {
					uses++
					require.Regexp(t, rule.must, line, "%s: %s", path, name)
				}
			}
			return err
		})
		require.NoError(t, err)
		require.Positive(t, uses, name)
	}
}
