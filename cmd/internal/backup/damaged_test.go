package backup

import (
	"archive/tar"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// refused tries to restore a file that must be refused, and requires that nothing of it is left.
func refused(t *testing.T, to *installation, file []byte, passphrase string) error {
	t.Helper()
	rows, objects := to.content(t)
	err := to.restore(t.Context(), bytes.NewReader(file), passphrase)
	require.Error(t, err)
	after, afterObjects := to.content(t)
	require.Equal(t, rows, after)
	require.Equal(t, objects, afterObjects)
	return err
}

func TestDamagedFilesLeaveNothing(t *testing.T) {
	t.Parallel()
	file := filled(t).backup(t)
	to := install(t)
	for _, part := range []int{1, 3, 10, 50, 90, 99} {
		require.Error(t, refused(t, to, file[:len(file)*part/100], testPassphrase), "%d %% of it", part)
	}
	require.ErrorIs(t, refused(t, to, file[:len(file)-1], testPassphrase), ErrDamaged)
	for _, part := range []int{0, 1, 5, 30, 60, 95} {
		bad := bytes.Clone(file)
		bad[len(file)*part/100] ^= 4
		require.Error(t, refused(t, to, bad, testPassphrase), "a bit changed after %d %%", part)
	}
	bad := bytes.Clone(file)
	bad[len(bad)-1] ^= 1
	require.ErrorIs(t, refused(t, to, bad, testPassphrase), ErrDamaged)
	require.ErrorIs(t, refused(t, to, append(bytes.Clone(file), 'x'), testPassphrase), ErrDamaged)
	require.ErrorIs(t, refused(t, to, append(bytes.Clone(file), file...), testPassphrase), ErrDamaged)
	require.ErrorIs(t, refused(t, to, file, "another passphrase"), ErrPassphrase)
	for name, foreign := range map[string]string{"empty": "", "text": "hello", "dump": "PGDMP" + strings.Repeat("\x00", 1000)} {
		require.ErrorIs(t, refused(t, to, []byte(foreign), testPassphrase), ErrForeign, name)
	}
	require.NoError(t, to.restore(t.Context(), bytes.NewReader(file), testPassphrase), "the whole one is good")
}

// part is a body of a file that is made by hand.
type part struct{ name, body string }

// forged is a whole file with any parts.
func forged(t *testing.T, parts []part) []byte {
	t.Helper()
	var out bytes.Buffer
	p, err := newPacker(&out, testPassphrase, cheap, time.Unix(0, 0))
	require.NoError(t, err)
	for _, part := range parts {
		b := p.body(part.name)
		_, err := io.WriteString(b, part.body)
		require.NoError(t, err)
		_, err = b.close()
		require.NoError(t, err)
	}
	require.NoError(t, p.close())
	return out.Bytes()
}

// parts takes a file apart.
func parts(t *testing.T, file []byte) (out []part) {
	t.Helper()
	u, err := newUnpacker(bytes.NewReader(file), testPassphrase)
	require.NoError(t, err)
	defer u.close()
	for {
		name, err := u.peek()
		require.NoError(t, err)
		if name == "" {
			return out
		}
		require.NoError(t, u.begin(name))
		body, err := io.ReadAll(u)
		require.NoError(t, err)
		out = append(out, part{name, string(body)})
	}
}

// Whoever knows the passphrase can write any file: it is refused as well, and leads nowhere.
func TestForgedFilesLeaveNothing(t *testing.T) {
	t.Parallel()
	whole := parts(t, filled(t).backup(t))
	at := func(name string) int {
		return slices.IndexFunc(whole, func(p part) bool { return p.name == name })
	}
	with := func(name string, change func(string) string) []part {
		out := slices.Clone(whole)
		require.GreaterOrEqual(t, at(name), 0, name)
		out[at(name)].body = change(out[at(name)].body)
		return out
	}
	replace := func(was, is string) func(string) string {
		return func(body string) string {
			require.Contains(t, body, was)
			return strings.Replace(body, was, is, 1)
		}
	}
	without := func(name string) []part { return slices.Delete(slices.Clone(whole), at(name), at(name)+1) }
	before := func(name string, p ...part) []part { return slices.Insert(slices.Clone(whole), at(name), p...) }
	events, manifest := "tables/log.events", manifestName
	to := install(t)
	for name, c := range map[string]struct {
		parts []part
		says  string
	}{
		"a newer format":       {with(headerName, replace(`"format": 1`, `"format": 2`)), "made by a later version"},
		"a header of nothing":  {with(headerName, func(string) string { return "{}" }), "damaged"},
		"a header that is not": {with(headerName, func(string) string { return "[" }), "damaged"},
		"a huge header":        {with(headerName, func(s string) string { return s + strings.Repeat(" ", 2*maxHeader) }), "too large"},
		"an unknown table":     {with(headerName, replace(`"table": "log.streams"`, `"table": "log.later"`)), "damaged"},
		"one table more":       {with(headerName, replace(`"tables": [`, `"tables": [{"table": "pg_catalog.pg_authid", "columns": ["rolname"]},`)), "made by a later version"},
		"a table twice":        {with(headerName, replace(`"tables": [`, `"tables": [{"table": "log.events", "columns": ["position"]},`)), "damaged"},
		"a hostile column":     {with(headerName, replace(`"stream_id"`, `"stream_id) FROM PROGRAM 'id'; --"`)), "does not exist"},
		"another position":     {with(headerName, replace(`"position": 75`, `"position": 74`)), "its log has 75 events up to 75, its header tells of 74"},
		"a later position":     {with(headerName, replace(`"position": 75`, `"position": 76`)), "damaged"},
		"no keys":              {without(keysName), "damaged"},
		"no events":            {without(events), "damaged"},
		"a row less":           {with(events, func(s string) string { return s[strings.IndexByte(s, '\n')+1:] }), "damaged"},
		"a row that is not":    {with(events, func(s string) string { return "x\ty\n" + s }), "restore log.events"},
		"a row twice":          {with(events, func(s string) string { return s + s[:strings.IndexByte(s, '\n')+1] }), "restore log.events"},
		"a row changed":        {with(events, replace("a.b.v1", "a.c.v1")), "its tables differ"},
		"an early end":         {with(events, func(s string) string { return "\\.\n" + s }), "damaged"},
		"an object less":       {without("objects/a"), "its objects differ"},
		"an object changed":    {with("objects/uploads/ws_1/imp_1", replace("hello", "hullo")), "its objects differ"},
		"an object more":       {before(manifest, part{"objects/b", "x"}), "its objects differ"},
		"a way out":            {before(manifest, part{"objects/../../../tmp/x", "x"}), "is not a key"},
		"a way to the root":    {before(manifest, part{"objects//etc/passwd", "x"}), "is not a key"},
		"something else":       {before(manifest, part{"other", "x"}), "damaged"},
		"no manifest":          {without(manifest), "damaged"},
		"two manifests":        {append(slices.Clone(whole), whole[at(manifest)]), "damaged"},
		"nothing":              {nil, "damaged"},
	} {
		err := refused(t, to, forged(t, c.parts), testPassphrase)
		require.ErrorContains(t, err, c.says, name)
	}
	require.NoError(t, to.restore(t.Context(), bytes.NewReader(forged(t, whole)), testPassphrase), "unchanged it is good")
}

// What isn't a plain file of the expected piece is refused before it is looked at.
func TestOnlyPlainPiecesInOrderAreRead(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string][]tar.Header{
		"a link":          {{Typeflag: tar.TypeSymlink, Name: headerName + ".000001", Linkname: "/etc/passwd"}},
		"a folder":        {{Typeflag: tar.TypeDir, Name: headerName + ".000001/"}},
		"no piece":        {{Typeflag: tar.TypeReg, Name: "header"}},
		"the second one":  {{Typeflag: tar.TypeReg, Name: headerName + ".000002"}},
		"a piece missing": {{Typeflag: tar.TypeReg, Name: headerName + ".000001"}, {Typeflag: tar.TypeReg, Name: headerName + ".000003"}},
	} {
		var file bytes.Buffer
		p, err := newPacker(&file, testPassphrase, cheap, time.Unix(0, 0))
		require.NoError(t, err)
		for _, h := range headers {
			require.NoError(t, p.tar.WriteHeader(&h))
		}
		require.NoError(t, p.close())
		_, err = Open(&file, testPassphrase)
		require.ErrorIs(t, err, ErrDamaged, name)
	}
}

// What stands behind the end of the tar is not overlooked.
func TestNothingFollowsTheEnd(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	p, err := newPacker(&file, testPassphrase, cheap, time.Unix(0, 0))
	require.NoError(t, err)
	require.NoError(t, p.json("a", 1))
	require.NoError(t, p.tar.Close())
	_, err = p.zstd.Write(make([]byte, 4*pieceBytes))
	require.NoError(t, err)
	require.NoError(t, p.zstd.Close())
	require.NoError(t, p.sealed.Close())
	u, err := newUnpacker(&file, testPassphrase)
	require.NoError(t, err)
	defer u.close()
	require.NoError(t, u.begin("a"))
	_, err = u.sumUp()
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, "something follows its end")
}

// A file can't have us spend more on its passphrase than we would ourselves.
func TestAnExpensivePassphraseIsRefused(t *testing.T) {
	t.Parallel()
	file := forged(t, nil)
	costly := bytes.Replace(file, []byte(" 4\n"), []byte(" 22\n"), 1)
	require.NotEqual(t, file, costly)
	_, err := Open(bytes.NewReader(costly), testPassphrase)
	require.ErrorIs(t, err, ErrForeign)
}
