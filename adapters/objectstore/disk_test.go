package objectstore

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func TestAFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	_, err := diskWriter{fullDisk{}}.Write([]byte("1"))
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err))
	var e *kernel.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "DISK_FULL", e.Code)
}
