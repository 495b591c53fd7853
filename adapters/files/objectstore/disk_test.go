package objectstore

import (
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/minio/minio-go/v7"
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

func TestAFullBucketIsSaid(t *testing.T) {
	t.Parallel()
	for code, answer := range map[string]minio.ErrorResponse{
		"DISK_FULL":         {Code: "XMinioStorageFull", StatusCode: http.StatusInsufficientStorage},
		"OBJECT_STORE_AWAY": {Code: "SlowDown", StatusCode: http.StatusServiceUnavailable},
	} {
		var e *kernel.Error
		require.ErrorAs(t, s3Error(answer), &e)
		require.Equal(t, code, e.Code)
	}
}
