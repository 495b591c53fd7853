package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/domain/kernel"
)

const archivePass = "correct horse battery"

// archiveClock is set by the test.
type archiveClock struct{ now time.Time }

func (c *archiveClock) Now() time.Time { return c.now }

func newArchive(t *testing.T) (*Archive, *objectstore.Folder, *archiveClock) {
	t.Helper()
	clock := &archiveClock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	store, err := objectstore.NewFolder(t.TempDir(), clock)
	require.NoError(t, err)
	_, err = OpenArchive(t.Context(), store, archivePass, clock, false)
	require.ErrorIs(t, err, ErrNoArchive)
	a, err := OpenArchive(t.Context(), store, archivePass, clock, true)
	require.NoError(t, err)
	return a, store, clock
}

// base archives a base of the history that needs the log between the places.
func (a *Archive) base(t *testing.T, history string, from, to uint64) ArchivedBase {
	t.Helper()
	b, err := a.PutBase(t.Context(), ArchivedBase{History: history}, Keys{Master: "m", Signing: "s"}, func(w io.Writer) (uint64, uint64, int32, error) {
		_, err := io.WriteString(w, "files of "+history)
		return from, to, 1, err
	}, func(context.Context) (int64, error) { return int64(to), nil })
	require.NoError(t, err)
	return b
}

func (a *Archive) piece(t *testing.T, history string, from uint64, text string) Piece {
	t.Helper()
	p, err := a.PutPiece(t.Context(), Piece{History: history, Timeline: 1, From: from, To: from + uint64(len(text))}, []byte(text))
	require.NoError(t, err)
	return p
}

func (a *Archive) listed(t *testing.T) Contents {
	t.Helper()
	c, err := a.List(t.Context())
	require.NoError(t, err)
	return c
}

func TestAnArchiveGivesBackWhatItWasGiven(t *testing.T) {
	t.Parallel()
	a, store, clock := newArchive(t)
	b := a.base(t, "H1", 100, 103)
	a.piece(t, "H1", 90, "before_thebase")
	a.piece(t, "H1", 104, "efghij")
	a.piece(t, "H1", 106, "ghijkl") // begun again after a crash
	a.piece(t, "H1", 113, "after a gap")
	a.piece(t, "H2", 112, "of another history")
	require.NoError(t, a.PutObject(t.Context(), "uploads/a", bytes.NewReader([]byte("object"))))

	again, err := OpenArchive(t.Context(), store, archivePass, clock, false)
	require.NoError(t, err)
	c := again.listed(t)
	require.Equal(t, []ArchivedBase{b}, c.Bases)
	require.True(t, c.Objects["uploads/a"])
	require.Positive(t, c.Bytes)
	pieces, end := c.Since(b)
	require.EqualValues(t, 112, end, "up to the gap")
	var log []byte
	at := b.From
	require.NoError(t, again.Replay(t.Context(), b.From, pieces, func(from uint64, data []byte) error {
		require.Equal(t, at, from, "each byte once")
		log, at = append(log, data...), at+uint64(len(data))
		return nil
	}))
	require.Equal(t, "baseefghijkl", string(log), "what was before the base is left out")
	files, keys, err := again.OpenBase(t.Context(), c.Bases[0])
	require.NoError(t, err)
	text, err := io.ReadAll(files)
	require.NoError(t, errors.Join(err, files.Close()))
	require.Equal(t, "files of H1", string(text))
	require.Equal(t, Keys{Master: "m", Signing: "s"}, keys)

	_, err = OpenArchive(t.Context(), store, "another passphrase", clock, false)
	require.ErrorIs(t, err, ErrPassphrase)
}

func TestADamagedPieceIsNotReplayed(t *testing.T) {
	t.Parallel()
	a, store, _ := newArchive(t)
	b := a.base(t, "H", 0, 1)
	p := a.piece(t, "H", 0, "some of the log")
	ignore := func(uint64, []byte) error { return nil }
	require.NoError(t, a.Replay(t.Context(), b.From, []Piece{p}, ignore))
	r, err := store.Open(t.Context(), p.name(), 0)
	require.NoError(t, err)
	sealed, err := io.ReadAll(r)
	require.NoError(t, errors.Join(err, r.Close()))
	for name, text := range map[string][]byte{"cut off": sealed[:len(sealed)-1], "changed": append(bytes.Clone(sealed[:len(sealed)-1]), ^sealed[len(sealed)-1])} {
		_, err := store.Put(t.Context(), p.name(), bytes.NewReader(text), 1<<20)
		require.NoError(t, err)
		require.ErrorIs(t, a.Replay(t.Context(), b.From, []Piece{p}, ignore), ErrDamaged, name)
	}
}

func TestAnArchiveKeepsWhatEachMomentNeeds(t *testing.T) {
	t.Parallel()
	a, _, clock := newArchive(t)
	const day = 24 * time.Hour
	began := clock.now
	var bases []ArchivedBase
	for i := range 4 {
		bases = append(bases, a.base(t, "H", uint64(i*10), uint64(i*10+1)))
		a.piece(t, "H", uint64(i*10), "0123456789")
		clock.now = clock.now.Add(day)
	}
	for _, key := range []string{"lives", "gone"} {
		require.NoError(t, a.PutObject(t.Context(), key, bytes.NewReader(nil)))
	}
	lives := func(key string) bool { return key == "lives" }
	tidy := func(before time.Time) Contents {
		require.NoError(t, a.Tidy(t.Context(), a.listed(t), before, lives))
		return a.listed(t)
	}
	c := tidy(began.Add(-day))
	require.Len(t, c.Bases, 4)
	require.Len(t, c.Pieces, 4)
	c = tidy(began.Add(2*day + time.Hour)) // the base of the third day is needed for that moment
	require.Equal(t, bases[2:], c.Bases)
	require.Len(t, c.Pieces, 2)
	require.Equal(t, map[string]bool{"lives": true, "gone": true}, c.Objects, "it may be needed at a moment that can be restored")
	clock.now = clock.now.Add(day)
	a.base(t, "H", 40, 41)
	clock.now = clock.now.Add(day)
	c = tidy(clock.now)
	require.Len(t, c.Bases, 1)
	require.Empty(t, c.Pieces)
	require.Equal(t, map[string]bool{"lives": true}, c.Objects)
	require.Empty(t, c.Gone)
}

var _ kernel.Clock = (*archiveClock)(nil)
