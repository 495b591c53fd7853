package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImagesArePinnedByDigest: a tag can be moved to another image, so what is built and run would not be what was tested.
func TestImagesArePinnedByDigest(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`(?m)^\s*(?:-\s*)?(?:FROM|image:|container:)\s+(?:--\S+\s+)*(\S+)`)
	digest := regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	root := filepath.Join("..", "..", "..")
	var files []string
	for _, pattern := range []string{"compose*.yaml", "infra/docker/*", ".github/workflows/*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		files = append(files, found...)
	}
	images := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(m[1], "morket:") { // built from this checkout
				continue
			}
			images++
			assert.Regexp(t, digest, m[1], "%s: pin the image by its digest", file)
		}
	}
	assert.Greater(t, images, 8, "the images were not found")
}
