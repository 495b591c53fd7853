package objectstore_test

import (
	"context"
	"crypto/rand"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/files/objectstore/objectstoretest"
	"github.com/morket/morket/adapters/servers/childtest"
	"github.com/morket/morket/adapters/servers/s3child"
	"github.com/morket/morket/adapters/servers/toxictest"
	"github.com/morket/morket/domain/kernel"
)

// server is the address of the S3 server that these tests share, without a bucket: MORKET_TEST_S3_URL, else a child.
//
//nolint:gochecknoglobals // one server per test process is the point
var server = childtest.Share("MORKET_TEST_S3_URL", func(dir string) (string, func() error, error) {
	s, err := s3child.Start(context.Background(), s3child.Config{Dir: dir})
	if err != nil {
		return "", nil, err
	}
	return s.URL(""), func() error { s.Kill(); return nil }, nil
})

func TestMain(m *testing.M) { os.Exit(server.Run(m)) }

// bucket is the address of a bucket of the test's own, with a prefix; it isn't there yet.
func bucket(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(server.URL(t))
	require.NoError(t, err)
	u.Path = "/test-" + strings.ToLower(rand.Text()) + "/morket"
	return u
}

func s3(t *testing.T, at *url.URL, clock kernel.Clock) *objectstore.S3 {
	t.Helper()
	s, err := objectstore.NewS3(at.String(), clock)
	require.NoError(t, err)
	return s
}

func TestS3(t *testing.T) {
	t.Parallel()
	objectstoretest.Run(t, func(t *testing.T) objectstore.Store {
		t.Helper()
		return s3(t, bucket(t), kernel.SystemClock{})
	})
}

func TestAWrongS3URLIsRefusedWithoutItsSecret(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "s3://bucket", "https://key:hunter2@host", "https://key:hunter2@host/", "https://key:hunter2@:99999x/b", "ftp://key:hunter2@host/b"} {
		_, err := objectstore.NewS3(bad, kernel.SystemClock{})
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestAWrongSecretIsSaid(t *testing.T) {
	t.Parallel()
	at := bucket(t)
	at.User = url.UserPassword("morket", "wrong")
	_, err := s3(t, at, kernel.SystemClock{}).Put(t.Context(), "a", strings.NewReader("x"), 5)
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err))
	require.NotContains(t, err.Error(), "wrong")
}

func TestAnS3ThatGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	at := bucket(t)
	way := toxictest.New(t, at.Host)
	at.Host = way.Address()
	s := s3(t, at, kernel.SystemClock{})
	_, err := s.Put(t.Context(), "a", strings.NewReader("before"), 100)
	require.NoError(t, err)
	way.Cut()
	for name, call := range map[string]func() error{
		"put": func() error {
			_, err := s.Put(t.Context(), "b", strings.NewReader("x"), 5)
			return err
		},
		"open":   func() error { _, err := s.Open(t.Context(), "a", 0); return err },
		"delete": func() error { return s.Delete(t.Context(), "a") },
		"check":  func() error { return s.Check(t.Context()) },
		"sweep":  func() error { return s.Sweep(t.Context()) },
	} {
		err := call()
		require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err), "%s: %v", name, err)
		require.ErrorContains(t, err, "S3_URL", name)
	}
	way.Mend()
	r, err := s.Open(t.Context(), "a", 0)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "before", string(b))
	_, err = s.Open(t.Context(), "b", 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "nothing is left of the failed one")
}

func TestAnObjectThatBreaksOffWhileItIsRead(t *testing.T) {
	t.Parallel()
	at := bucket(t)
	way := toxictest.New(t, at.Host)
	whole := s3(t, at, kernel.SystemClock{})
	at.Host = way.Address()
	s := s3(t, at, kernel.SystemClock{})
	const size = 20 << 20
	_, err := whole.Put(t.Context(), "a", io.LimitReader(zeros{}, size), size)
	require.NoError(t, err)
	r, err := s.Open(t.Context(), "a", 0)
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, r, 1<<20)
	require.NoError(t, err)
	way.Cut()
	_, err = io.Copy(io.Discard, r)
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err), "never a silent end: %v", err)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestASweepEndsInterruptedUploads(t *testing.T) {
	t.Parallel()
	// The server of the other tests can't list unfinished uploads; this one can.
	fake := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(fake.Close)
	at, err := url.Parse(fake.URL)
	require.NoError(t, err)
	at.User, at.Path = url.UserPassword("any", "secret"), "/bucket/morket"
	clock := kernel.NewManualClock(time.Now())
	s := s3(t, at, clock)
	require.NoError(t, s.Check(t.Context()))
	secret, _ := at.User.Password()
	core, err := minio.NewCore(at.Host, &minio.Options{Creds: credentials.NewStaticV4(at.User.Username(), secret, "")})
	require.NoError(t, err)
	name, _, _ := strings.Cut(strings.Trim(at.Path, "/"), "/")
	_, err = core.NewMultipartUpload(t.Context(), name, "morket/uploads/ws_1/imp_1", minio.PutObjectOptions{})
	require.NoError(t, err)
	unfinished := func() int {
		n := 0
		for part := range core.ListIncompleteUploads(t.Context(), name, "morket/", true) {
			require.NoError(t, part.Err)
			n++
		}
		return n
	}
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, 1, unfinished(), "it may still be written")
	clock.Advance(25 * time.Hour)
	require.NoError(t, s.Sweep(t.Context()))
	require.Zero(t, unfinished())
}
