// Package objectstoretest is the suite that every object store passes.
package objectstoretest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Run runs the suite; open makes an empty store for each test.
func Run(t *testing.T, open func(t *testing.T) objectstore.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, objectstore.Store){
		"put, open, delete":                  testPut,
		"an empty object":                    testEmpty,
		"content is stored once":             testContent,
		"nothing is left of a failed put":    testFailed,
		"keys can't lead elsewhere":          testKeys,
		"a name put again has the last body": testAgain,
		"big objects, read in pieces":        testBig,
		"many at once":                       testMany,
		"a sweep leaves what is whole":       testSweep,
		"a list has every object":            testList,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			require.NoError(t, s.Check(t.Context()))
			test(t, s)
		})
	}
}

func read(t *testing.T, s objectstore.Store, key string, offset int64) string {
	t.Helper()
	r, err := s.Open(t.Context(), key, offset)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	return string(b)
}

func gone(t *testing.T, s objectstore.Store, key string) {
	t.Helper()
	_, err := s.Open(t.Context(), key, 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "%v", err)
}

func testPut(t *testing.T, s objectstore.Store) {
	o, err := s.Put(t.Context(), "uploads/ws_1/imp_1", strings.NewReader("hello"), 5)
	require.NoError(t, err)
	require.Equal(t, dataops.Object{
		Key:    "uploads/ws_1/imp_1",
		Size:   5,
		SHA256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
	}, o)
	require.Equal(t, "hello", read(t, s, o.Key, 0))
	require.Equal(t, "llo", read(t, s, o.Key, 2))
	require.Empty(t, read(t, s, o.Key, 5))
	require.Empty(t, read(t, s, o.Key, 50), "past the end there is nothing")
	require.NoError(t, s.Delete(t.Context(), o.Key))
	require.NoError(t, s.Delete(t.Context(), o.Key))
	gone(t, s, o.Key)
}

func testEmpty(t *testing.T, s objectstore.Store) {
	o, err := s.Put(t.Context(), "a", strings.NewReader(""), 5)
	require.NoError(t, err)
	require.Zero(t, o.Size)
	require.Empty(t, read(t, s, "a", 0))
}

func testContent(t *testing.T, s objectstore.Store) {
	a, err := s.PutContent(t.Context(), strings.NewReader("x"), 10)
	require.NoError(t, err)
	b, err := s.PutContent(t.Context(), strings.NewReader("x"), 10)
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.Contains(t, a.Key, a.SHA256)
	require.Equal(t, "x", read(t, s, a.Key, 0))
}

func testFailed(t *testing.T, s objectstore.Store) {
	_, err := s.Put(t.Context(), "a", strings.NewReader("123456"), 5)
	require.Equal(t, kernel.KindTooLarge, kernel.KindOf(err))
	_, err = s.PutContent(t.Context(), strings.NewReader("123456"), 5)
	require.Equal(t, kernel.KindTooLarge, kernel.KindOf(err))
	_, err = s.Put(t.Context(), "a", io.MultiReader(strings.NewReader("1"), iotest.ErrReader(io.ErrUnexpectedEOF)), 5)
	require.Equal(t, kernel.KindMalformed, kernel.KindOf(err))
	_, err = s.Put(t.Context(), "a", io.MultiReader(io.LimitReader(stream{}, 9<<20), iotest.ErrReader(errors.New("cut"))), 1<<30)
	require.Equal(t, kernel.KindMalformed, kernel.KindOf(err), "after whole parts of it")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Put(ctx, "a", strings.NewReader("1"), 5)
	require.ErrorIs(t, err, context.Canceled)
	gone(t, s, "a")
}

func testKeys(t *testing.T, s objectstore.Store) {
	for _, key := range []string{"", "..", "a/../b", "/etc/passwd", "a//b", "a/", "a.b", `a\b`, "a?b", "a%2fb"} {
		_, err := s.Put(t.Context(), key, strings.NewReader("x"), 5)
		require.Error(t, err, key)
		_, err = s.Open(t.Context(), key, 0)
		require.Error(t, err, key)
		require.Error(t, s.Delete(t.Context(), key), key)
	}
}

func testAgain(t *testing.T, s objectstore.Store) {
	for _, body := range []string{"first and longer", "second"} {
		_, err := s.Put(t.Context(), "a", strings.NewReader(body), 100)
		require.NoError(t, err)
		require.Equal(t, body, read(t, s, "a", 0))
	}
}

// stream is an endless body whose byte at i is a function of i.
type stream struct{}

// Read implements io.Reader.
func (stream) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i * 7)
	}
	return len(p), nil
}

func testBig(t *testing.T, s objectstore.Store) {
	const size = 40 << 20
	sum := sha256.New()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	o, err := s.Put(t.Context(), "big", io.TeeReader(io.LimitReader(stream{}, size), sum), size)
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Less(t, after.HeapSys, before.HeapSys+size, "a body isn't held in memory")
	require.EqualValues(t, size, o.Size)
	require.Equal(t, hex.EncodeToString(sum.Sum(nil)), o.SHA256)
	again := sha256.New()
	for offset := int64(0); offset < size; offset += 13 << 20 {
		r, err := s.Open(t.Context(), "big", offset)
		require.NoError(t, err)
		_, err = io.Copy(again, io.LimitReader(r, 13<<20))
		require.NoError(t, err)
		require.NoError(t, r.Close(), "left before its end")
	}
	require.Equal(t, o.SHA256, hex.EncodeToString(again.Sum(nil)))
}

func testMany(t *testing.T, s objectstore.Store) {
	var wait sync.WaitGroup
	body := bytes.Repeat([]byte("same"), 1000)
	for range 8 {
		wait.Go(func() {
			for range 3 {
				o, err := s.PutContent(t.Context(), bytes.NewReader(body), 1<<20)
				if err != nil {
					t.Errorf("put: %v", err)
					return
				}
				r, err := s.Open(t.Context(), o.Key, 0)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				got, err := io.ReadAll(r)
				_ = r.Close()
				if err != nil || !bytes.Equal(body, got) {
					t.Errorf("read %d bytes: %v", len(got), err)
				}
			}
		})
	}
	wait.Wait()
}

func testSweep(t *testing.T, s objectstore.Store) {
	require.NoError(t, s.Sweep(t.Context()))
	o, err := s.PutContent(t.Context(), strings.NewReader("kept"), 10)
	require.NoError(t, err)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, "kept", read(t, s, o.Key, 0))
}

func testList(t *testing.T, s objectstore.Store) {
	list := func() (keys []string) {
		require.NoError(t, s.List(t.Context(), func(key string) error {
			keys = append(keys, key)
			return nil
		}))
		return keys
	}
	require.Empty(t, list())
	content, err := s.PutContent(t.Context(), strings.NewReader("x"), 5)
	require.NoError(t, err)
	want := []string{content.Key}
	for _, key := range []string{"a", "b/c", "uploads/ws_1/imp_1", "uploads/ws_1/imp_2"} {
		_, err := s.Put(t.Context(), key, strings.NewReader("x"), 5)
		require.NoError(t, err)
		want = append(want, key)
	}
	_, err = s.Put(t.Context(), "broken", iotest.ErrReader(errors.New("broken off")), 5)
	require.Error(t, err)
	require.ElementsMatch(t, want, list())
	require.NoError(t, s.Delete(t.Context(), "a"))
	require.Len(t, list(), len(want)-1)
	enough := errors.New("enough")
	require.ErrorIs(t, s.List(t.Context(), func(string) error { return enough }), enough)
}
