package boot

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/telemetry"
)

func TestADiskThatIsNearlyFullIsSaid(t *testing.T) {
	t.Parallel()
	free := 6.0
	d := &disks{folders: []folder{{"data", "/a"}, {"postgres", "/a/pg"}, {"objects", "/b"}, {"gone", "/c"}}, stat: func(path string) (uint64, float64, float64, error) {
		switch path {
		case "/b":
			return 2, free, 100, nil
		case "/c":
			return 0, 0, 0, errors.New("no such folder")
		default:
			return 1, 50, 100, nil
		}
	}}
	require.Equal(t, []telemetry.Disk{{Folder: "data", Free: 50, Size: 100}, {Folder: "objects", Free: 6, Size: 100}}, d.all(), "a disk once")
	require.NoError(t, d.check(t.Context()))
	free = 4.9
	require.ErrorContains(t, d.check(t.Context()), "objects has 4.9 %")
	require.NotContains(t, d.check(t.Context()).Error(), "data")
}

func TestTheDiskOfAFolderThatIsNotThereYetIsItsParents(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	device, free, size, err := statDisk(dir)
	require.NoError(t, err)
	require.Positive(t, size)
	require.LessOrEqual(t, free, size)
	later, _, _, err := statDisk(filepath.Join(dir, "not", "yet"))
	require.NoError(t, err)
	require.Equal(t, device, later)
}
