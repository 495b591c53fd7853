package systemtest_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// passphrase is the setting that seals the backups of the tests.
const passphrase = "MORKET_BACKUP_PASSPHRASE=correct horse battery"

// saved is an installation in use, and a backup that was taken of it while it ran.
type saved struct {
	file string
	c    *client
	ops  []*operation
	ids  map[string]string
	i    *importing
	seen map[string]string
}

const savedRecords = 6_000

func save(t *testing.T, s *server) *saved {
	t.Helper()
	b := &saved{file: filepath.Join(t.TempDir(), "morket.backup"), c: signUp(t, s)}
	_, b.ops = describe(t, s)
	b.ids = everyResource(t, s, b.c)
	b.i = begin(b.c, s, file(savedRecords))
	b.i.await("the import has ended", func(n importInfo) bool { return n.State == "partially_completed" })
	b.c.edit(b.ids["tableId"], b.ids["rowId"], b.ids["columnId"], "edited")
	b.seen = b.answers()
	out, code := s.tool("backup", b.file)
	require.Zero(t, code, out)
	require.Contains(t, out, "backed up position")
	return b
}

// answers is what the API answers about everything in the workspace.
func (b *saved) answers() map[string]string {
	b.c.t.Helper()
	seen := belongings(b.c, b.ops, b.ids)
	for _, path := range []string{"/enrichment-jobs/" + b.ids["jobId"], "/tables/" + b.i.now().TableID + "/export"} {
		r := b.c.call(http.StatusOK, http.MethodGet, b.c.ws+path, nil)
		seen[path] = string(r.Raw)
		if r.Data != nil {
			seen[path] = string(r.Data)
		}
	}
	return seen
}

// requireWhole checks that the server answers what the one did that was backed up, and goes on from there.
func (b *saved) requireWhole(t *testing.T, s *server) {
	t.Helper()
	before := b.c.base
	b.c.base = s.url // with the token that the lost server has given out
	for path, was := range b.seen {
		b.seen[path] = string(bytes.ReplaceAll([]byte(was), []byte(before), []byte(s.url)))
	}
	for path, answer := range b.answers() {
		if b.seen[path] != answer { // whole tables are too long to be shown
			t.Errorf("%s\nwas %.3000s\nis  %.3000s", path, b.seen[path], answer)
		}
		delete(b.seen, path)
	}
	require.Empty(t, b.seen, "answered no more")
	refused(t, b.i, savedRecords)
	waiting := &importing{c: b.c, s: s, id: b.ids["importId"]} // its file is in the object store
	in[importInfo](b.c, http.StatusOK, http.MethodPost, "/imports/"+waiting.id+"/commit", map[string]any{
		"new_table": map[string]any{"name": "Waited"}, "header": true,
		"mapping": []any{map[string]any{"index": 0, "new_column": map[string]any{"name": "Name", "type": "text"}}},
	})
	done := waiting.await("the waiting upload is imported", func(n importInfo) bool { return n.State == "completed" })
	require.EqualValues(t, 1, done.Counts.Imported)
	table, edited, col := b.ids["tableId"], b.ids["rowId"], b.ids["columnId"]
	require.Len(t, b.c.history(table, edited, col), 2)
	b.c.call(http.StatusOK, http.MethodPost, b.c.ws+"/tables/"+table+"/undo", nil)
	require.NotEqual(t, "edited", text(t, in[row](b.c, http.StatusOK, http.MethodGet, "/tables/"+table+"/rows/"+edited, nil).Cells[col]))
	b.c.call(http.StatusOK, http.MethodPost, b.c.ws+"/credentials/"+b.ids["credentialId"]+"/test", nil)
	b.c.call(http.StatusOK, http.MethodGet, b.c.ws+"/webhooks/"+b.ids["webhookId"]+"/deliveries/"+b.ids["position"], nil)
	require.NotEmpty(t, delivery(b.c, b.ids["webhookId"]), "the queue goes on")
	finishedJob(s, b.c, job("after@example.com"))
	s.verify()
}

func TestARestoredInstallationAnswersAsBefore(t *testing.T) {
	t.Parallel()
	keys := external(t)
	for name, place := range map[string]func(t *testing.T) []string{
		"a data folder": func(*testing.T) []string { return nil },
		"a database, objects": func(t *testing.T) []string {
			return slices.Concat(external(t), keys[3:], []string{"S3_URL=" + bucket(t)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lost := newServer(t, append(place(t), passphrase)...)
			lost.start()
			b := save(t, lost)
			lost.kill()
			s := newServer(t, append(place(t), passphrase)...)
			out, code := s.tool("restore", b.file)
			require.Zero(t, code, out)
			require.Contains(t, out, "restored position")
			out, code = s.tool("restore", b.file)
			require.NotZero(t, code)
			require.Contains(t, out, "not empty")
			s.start()
			b.requireWhole(t, s)
			out, code = s.tool("restore", b.file)
			require.NotZero(t, code, "into a server that runs")
			require.Contains(t, out, "empty")
		})
	}
}

func TestADrillProvesABackupAndLeavesNothing(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	for _, d := range []string{temp, filepath.Dir(temp)} { // Postgres may run as another user
		require.NoError(t, os.Chmod(d, 0o755))
	}
	s := newServer(t, passphrase, "TMPDIR="+temp)
	s.start()
	b := save(t, s)
	out, code := s.tool("drill", b.file)
	require.Zero(t, code, out)
	require.Contains(t, out, "the backup is good")
	require.Contains(t, out, "dense, every stream whole")
	require.Regexp(t, `files +ok +all [1-9]\d* that the log names are there`, out)
	t.Log(out)
	whole, err := os.ReadFile(b.file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(b.file, whole[:len(whole)-1000], 0o600))
	out, code = s.tool("drill", b.file)
	require.NotZero(t, code)
	require.Contains(t, out, "damaged")
	require.NoError(t, os.RemoveAll(filepath.Join(s.dir, "objects")))
	lacking := filepath.Join(t.TempDir(), "lacking")
	out, code = s.tool("backup", lacking)
	require.Zero(t, code, out)
	out, code = s.tool("drill", lacking)
	require.NotZero(t, code)
	require.Contains(t, out, "missing: uploads/")
	require.Contains(t, out, b.ids["importId"])
	require.Contains(t, out, "the backup is BAD")
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

// A restore that is stopped in the middle leaves nothing, and one that is killed nothing that a server would start on.
func TestARestoreThatIsCutOff(t *testing.T) {
	t.Parallel()
	s := newServer(t, passphrase)
	s.start()
	b := save(t, s)
	whole, err := os.ReadFile(b.file)
	require.NoError(t, err)
	halfway := func(t *testing.T, to *server, end os.Signal) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), binary, "restore", "-")
		cmd.Env = to.env
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := os.Create(to.log)
		require.NoError(t, err)
		defer out.Close()
		filling := &herald{word: []byte("log.head: 1 rows"), heard: make(chan struct{}), out: out}
		cmd.Stderr = filling
		require.NoError(t, cmd.Start())
		_, err = io.Copy(in, bytes.NewReader(whole[:len(whole)*9/10]))
		require.NoError(t, err)
		select {
		case <-filling.heard:
		case <-time.After(startWithin):
			t.Fatal("the restore does not come to the tables")
		}
		children := to.children()
		require.NoError(t, cmd.Process.Signal(end))
		require.Error(t, cmd.Wait())
		to.gone(children)
	}
	for name, place := range map[string]func(t *testing.T) []string{
		"a data folder": func(*testing.T) []string { return nil },
		"a database":    external,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := append(place(t), passphrase)
			if len(settings) > 1 { // the keys are the backup's
				settings = append(settings, b.keys(t, s)...)
			}
			stopped := newServer(t, settings...)
			halfway(t, stopped, syscall.SIGINT)
			out, code := stopped.tool("restore", b.file)
			require.Zero(t, code, out)

			if len(settings) > 1 {
				settings = append(settings, "DATABASE_URL="+freshDatabase(t))
			}
			killed := newServer(t, settings...)
			halfway(t, killed, syscall.SIGKILL)
			out, code = killed.tool("serve")
			require.NotZero(t, code)
			require.Contains(t, out, "has not come to its end")
			out, code = killed.tool("restore", b.file)
			require.NotZero(t, code)
			require.Contains(t, out, "not empty")
		})
	}
}

// keys are the settings that the backup's keys are, as they are printed.
func (b *saved) keys(t *testing.T, s *server) []string {
	t.Helper()
	out, code := s.tool("restore", "--keys", b.file)
	require.Zero(t, code, out)
	var settings []string
	for line := range bytes.Lines([]byte(out)) {
		settings = append(settings, string(bytes.TrimSpace(line)))
	}
	require.Len(t, settings, 2)
	return settings
}
