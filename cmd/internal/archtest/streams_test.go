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

// TestWhatIsWrittenGoesThroughStream: httpapi.Stream is the only way to an answer that goes on for long, and it asks every few seconds
// whether the reader still may, counts the stream, and gives each piece a time. An endpoint that took the connection another way
// would go on telling those who were shut out.
func TestWhatIsWrittenGoesThroughStream(t *testing.T) {
	t.Parallel()
	around := regexp.MustCompile(`Response\(\)\.(Write|Writer|Flush|Hijack|Unwrap)\b|http\.(Flusher|Hijacker)\b|Echo\(ctx\)\.(JSON|Blob|Stream|File|String|HTML|Attachment|Inline)\(|\.Router\(\)`)
	seen := 0
	root := filepath.Join("..", "..", "..", "adapters", "httpapi")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == root {
			return err
		}
		src, err := os.ReadFile(path)
		seen++
		require.Empty(t, around.FindAllString(string(src), -1), "%s writes an answer around httpapi.Stream", path)
		return err
	})
	require.NoError(t, err)
	require.Greater(t, seen, 20)
}
