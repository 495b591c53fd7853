package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
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
	"github.com/morket/morket/adapters/servers/childtest"
	"github.com/morket/morket/adapters/servers/s3child"
	"github.com/morket/morket/domain/kernel"
)

// server is the S3 server of these tests, without a bucket: MORKET_TEST_S3_URL, else a child.
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

// shelves are a shelf in each kind of store.
func shelves(t *testing.T, clock kernel.Clock) map[string]*Shelf {
	t.Helper()
	folder, err := objectstore.NewFolder(t.TempDir(), clock)
	require.NoError(t, err)
	at, err := url.Parse(server.URL(t))
	require.NoError(t, err)
	at.Path = "/test-" + strings.ToLower(rand.Text()) + "/backups"
	bucket, err := objectstore.NewS3(at.String(), clock)
	require.NoError(t, err)
	return map[string]*Shelf{"folder": NewShelf(folder, clock), "bucket": NewShelf(bucket.WithParts(5<<20), clock)}
}

func writes(text string, fails error) func(io.Writer) (Kept, error) {
	return func(w io.Writer) (Kept, error) {
		if _, err := io.WriteString(w, text); err != nil {
			return Kept{}, err
		}
		return Kept{Position: int64(len(text)), History: "h"}, fails
	}
}

func TestAShelfKeepsBackups(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"folder", "bucket"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := kernel.NewManualClock(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
			s := shelves(t, clock)[name]
			list, err := s.List(t.Context())
			require.NoError(t, err)
			require.Empty(t, list)
			large := strings.Repeat("0123456789abcdef", 1<<20) // of several parts
			first, err := s.Add(t.Context(), writes(large, nil))
			require.NoError(t, err)
			require.Equal(t, "morket_20260302T100000Z", first.Name)
			require.EqualValues(t, len(large), first.Bytes)
			clock.Advance(time.Hour)
			_, err = s.Add(t.Context(), writes("half of it", errors.New("the database went away")))
			require.ErrorContains(t, err, "the database went away")
			clock.Advance(time.Hour)
			second, err := s.Add(t.Context(), writes("second", nil))
			require.NoError(t, err)
			third, err := s.Add(t.Context(), writes("in the same second", nil))
			require.NoError(t, err)
			list, err = s.List(t.Context())
			require.NoError(t, err)
			require.Equal(t, []Kept{third, second, first}, list, "what failed is not there")
			second.Drill = &Drilled{At: clock.Now(), Good: true, Seconds: 2, Report: "good"}
			require.NoError(t, s.Describe(t.Context(), second))
			got, err := s.Get(t.Context(), second.Name)
			require.NoError(t, err)
			require.True(t, got.Proved())
			r, err := s.Open(t.Context(), first.Name)
			require.NoError(t, err)
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			require.Equal(t, sha256.Sum256([]byte(large)), sha256.Sum256(text)) // the text itself is too long to be shown
			for _, strange := range []string{"morket_20260302T100001Z", "../x", first.Name + told, ""} {
				_, err := s.Get(t.Context(), strange)
				require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), strange)
			}
			clock.Advance(48 * time.Hour)
			removed, err := s.Tidy(t.Context(), Keep{})
			require.NoError(t, err)
			require.Equal(t, []string{first.Name}, removed, "the newest stays, and the newest that was proved")
		})
	}
}

// What a killed backup has left in a bucket goes with the next one.
func TestAKilledBackupIsRemovedByTheNext(t *testing.T) {
	t.Parallel()
	fake := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(fake.Close)
	at, err := url.Parse(fake.URL)
	require.NoError(t, err)
	clock := kernel.NewManualClock(time.Now().Add(time.Minute)) // the server stamps with the time of the machine
	store, err := objectstore.NewS3("http://any:secret@"+at.Host+"/bucket/backups", clock)
	require.NoError(t, err)
	require.NoError(t, store.Check(t.Context()))
	core, err := minio.NewCore(at.Host, &minio.Options{Creds: credentials.NewStaticV4("any", "secret", "")})
	require.NoError(t, err)
	id, err := core.NewMultipartUpload(t.Context(), "bucket", "backups/morket_20260101T000000Z", minio.PutObjectOptions{})
	require.NoError(t, err)
	_, err = core.PutObjectPart(t.Context(), "bucket", "backups/morket_20260101T000000Z", id, 1, bytes.NewReader([]byte("x")), 1, minio.PutObjectPartOptions{})
	require.NoError(t, err)
	s := NewShelf(store, clock)
	_, err = s.Add(t.Context(), writes("next", nil))
	require.NoError(t, err)
	for part := range core.ListIncompleteUploads(context.Background(), "bucket", "", true) {
		t.Errorf("%s is left (%v)", part.Key, part.Err)
	}
}

func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC) // a Sunday
	ages := func(list []Kept) (out []string) {
		for _, k := range list {
			out = append(out, fmt.Sprint(now.Sub(k.TakenAt).Hours()))
		}
		return out
	}
	every := func(hours, n int, proved ...int) (list []Kept) {
		for i := range n {
			list = append(list, Kept{TakenAt: now.Add(-time.Duration(i*hours) * time.Hour)})
		}
		for _, i := range proved {
			list[i].Drill = &Drilled{Good: true}
		}
		return list
	}
	for name, c := range map[string]struct {
		list []Kept
		keep Keep
		out  []string
	}{
		"nothing":                      {},
		"the last day whole":           {list: every(6, 6), out: []string{"24", "30"}},
		"the newest however old":       {list: []Kept{{TakenAt: now.Add(-9000 * time.Hour)}}},
		"a day's last":                 {list: every(12, 6), keep: Keep{Days: 3}, out: []string{"36", "60"}},
		"a week's last":                {list: every(72, 6), keep: Keep{Weeks: 2}, out: []string{"72", "144", "288", "360"}},
		"the newest that was proved":   {list: every(48, 4, 2, 3), out: []string{"48", "144"}},
		"one that can't say its time":  {list: []Kept{{TakenAt: now}, {}}, keep: Keep{Days: 7, Weeks: 4}},
		"one of a clock that ran fast": {list: []Kept{{TakenAt: now.Add(time.Hour)}, {TakenAt: now}}, keep: Keep{Days: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.out, ages(c.keep.outdated(c.list, now)))
		})
	}
}
