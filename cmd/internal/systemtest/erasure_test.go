package systemtest_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type erasureInfo struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Rows  []struct {
		TableID string   `json:"table_id"`
		RowIDs  []string `json:"row_ids"`
	} `json:"rows"`
	Found, Erased []struct {
		Place string `json:"place"`
		Count int64  `json:"count"`
	}
	Certificate *struct {
		Statement json.RawMessage `json:"statement"`
		Signature string          `json:"signature"`
		PublicKey string          `json:"public_key"`
	} `json:"certificate"`
	Error string `json:"error"`
}

// ada is everything that tells of the person who is erased: in lower case, since not all that is made of texts keeps the case.
func ada() canary {
	return canary{forms: []string{"ada.lovelace@", "Lovelace", "lovelace", "7946 0958", "analytical engine"}}
}

const people = "Name,Email,Phone,Company,Notes\n" +
	"Ada Lovelace,ada.lovelace@example.com,+44 20 7946 0958,Acme,works on the analytical engine\n" +
	"Grace Hopper,grace@example.com,+1 202 555 0134,Acme,compilers\n" +
	"Alan Turing,alan@example.com,+44 161 496 0123,Bletchley,met ada.lovelace@example.com twice\n" +
	"Broken,Ada.Lovelace@Example.com,x,Acme,too,many,fields Lovelace\n"

// peopled is a table that a file has brought, in which the person has left traces wherever a table's data goes.
func peopled(t *testing.T, s *server, c *client) (tableInfo, *importing) {
	t.Helper()
	up := in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=people.csv", raw(people), "Content-Type", "text/csv")
	var mapping []any
	for i, name := range []string{"Name", "Email", "Phone", "Company", "Notes"} {
		mapping = append(mapping, map[string]any{"index": i, "new_column": map[string]any{"name": name, "type": "text"}})
	}
	i := &importing{c: c, s: s, id: up.ID, commit: map[string]any{"new_table": map[string]any{"name": "People"}, "header": true, "mapping": mapping}}
	i.repeat()
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	table := c.table(done.TableID)
	rows := c.rows(table.ID, "limit=10")
	require.Len(t, rows, 3)
	notes, email := table.column("Notes"), table.column("Email")
	c.edit(table.ID, rows[0].ID, notes, "still on the analytical engine", "Idempotency-Key", "an-edit")
	c.edit(table.ID, rows[0].ID, email, "a.lovelace@example.org")
	c.edit(table.ID, rows[0].ID, email, "ada.lovelace@example.com")
	c.edit(table.ID, rows[1].ID, notes, "ask Ada: ada.lovelace@example.com\nor +44 20 7946 0958")
	comments := "/tables/" + table.ID + "/comments"
	in[saidInfo](c, http.StatusCreated, http.MethodPost, comments, map[string]any{"row_id": rows[0].ID, "column_id": notes, "text": "Lovelace it is"})
	in[saidInfo](c, http.StatusCreated, http.MethodPost, comments, map[string]any{"row_id": rows[1].ID, "column_id": notes, "text": "see ada.lovelace@example.com"})
	in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=more.csv", raw(people), "Content-Type", "text/csv") // never committed
	in[map[string]any](c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/exports", map[string]any{"format": "csv"})
	return table, i
}

func (c *client) lookFor(s *server, body map[string]any) erasureInfo {
	c.t.Helper()
	e := in[erasureInfo](c, http.StatusCreated, http.MethodPost, "/erasures", body)
	return c.erasure(s, e.ID, "waiting")
}

func (c *client) erasure(s *server, id, state string) (e erasureInfo) {
	c.t.Helper()
	s.eventually(doneWithin, "the erasure is "+state, func() bool {
		e = in[erasureInfo](c, http.StatusOK, http.MethodGet, "/erasures/"+id, nil)
		require.NotEqual(c.t, "failed", e.State, e.Error)
		return e.State == state
	})
	return e
}

// A person is looked for and erased: rows, history, comments, files and answers that are kept. Nothing of the person is left in any table of
// the database or in a file, the others' rows are as they were, and the log still proves itself.
func TestAPersonIsErasedEverywhere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := signUp(t, s)
	table, _ := peopled(t, s, c)
	others := c.rows(table.ID, "limit=10")[1:]
	e := c.lookFor(s, map[string]any{"emails": []string{"Ada.Lovelace@example.com"}, "phones": []string{"0044 20 79460958"}})
	require.Len(t, e.Rows, 1)
	require.Len(t, e.Rows[0].RowIDs, 1)
	counts := map[string]int64{}
	for _, f := range e.Found {
		counts[f.Place] = f.Count
	}
	require.EqualValues(t, 1, counts["table rows"])
	require.GreaterOrEqual(t, counts["event log"], int64(8), "%v", counts)
	require.EqualValues(t, 2, counts["files"], "an upload and an exported file: %v", counts)
	require.EqualValues(t, 3, c.count(table.ID), "nothing is erased before it is confirmed")

	in[erasureInfo](c, http.StatusOK, http.MethodPost, "/erasures/"+e.ID+"/confirm", nil)
	done := c.erasure(s, e.ID, "done")
	c.at = 0
	require.EqualValues(t, 2, c.count(table.ID))
	left := c.rows(table.ID, "limit=10")
	for i, was := range others {
		require.Equal(t, was.ID, left[i].ID)
		for col, v := range was.Cells {
			if !ada().in(v) {
				require.Equal(t, v, left[i].Cells[col])
			}
		}
	}
	require.JSONEq(t, `"ask Ada: [erased]\nor [erased]"`, string(left[0].Cells[table.column("Notes")]))
	require.JSONEq(t, `"met [erased] twice"`, string(left[1].Cells[table.column("Notes")]))
	requireSigned(t, done)
	requireNotInTables(t, s, ada())
	requireNotInObjects(t, s, ada())
	requireKeptOut(t, s, c, table)
	requireNotInTables(t, s, ada())
	again := c.lookFor(s, map[string]any{"emails": []string{"ada.lovelace@example.com"}})
	require.Empty(t, again.Rows, "twice is harmless")
	in[erasureInfo](c, http.StatusOK, http.MethodPost, "/erasures/"+again.ID+"/confirm", nil)
	c.erasure(s, again.ID, "done")
	s.verify()
}

// requireKeptOut tries to bring the person back by a file and by an edit.
func requireKeptOut(t *testing.T, s *server, c *client, table tableInfo) {
	t.Helper()
	up := in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=again.csv", raw("Name,Email\nAda Lovelace,ada.lovelace@example.com\nBarbara,barbara@example.com\n"), "Content-Type", "text/csv")
	i := &importing{c: c, s: s, id: up.ID, commit: map[string]any{"table_id": table.ID, "header": true, "mapping": []any{
		map[string]any{"index": 0, "column_id": table.column("Name")}, map[string]any{"index": 1, "column_id": table.column("Email")},
	}}}
	in[importInfo](c, http.StatusOK, http.MethodPost, "/imports/"+up.ID+"/commit", i.commit)
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	require.EqualValues(t, 1, done.Counts.Imported)
	require.EqualValues(t, 1, done.Counts.Failed)
	errors := c.call(http.StatusOK, http.MethodGet, c.ws+"/imports/"+up.ID+"/errors.csv", nil)
	require.Contains(t, string(errors.Raw), "may not come back")
	require.False(t, ada().in(errors.Raw))
	rows := c.rows(table.ID, "limit=10")
	r := c.call(http.StatusUnprocessableEntity, http.MethodPatch, c.ws+"/tables/"+table.ID+"/cells", edits(rows[0].ID, table.column("Notes"), "call 020 7946 0958"))
	require.Equal(t, "PERSON_ERASED", r.Error.Code)
}

// requireSigned checks a certificate as it is checked by anybody with nothing but it.
func requireSigned(t *testing.T, e erasureInfo) {
	t.Helper()
	require.NotNil(t, e.Certificate)
	key, err := base64.RawURLEncoding.DecodeString(e.Certificate.PublicKey)
	require.NoError(t, err)
	cut := strings.LastIndexByte(e.Certificate.Signature, '.')
	signature, err := base64.RawURLEncoding.DecodeString(e.Certificate.Signature[cut+1:])
	require.NoError(t, err)
	require.True(t, ed25519.Verify(key, []byte(e.Certificate.Signature[:cut]), signature))
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(e.Certificate.Signature, ".")[1])
	require.NoError(t, err)
	require.JSONEq(t, string(payload), string(e.Certificate.Statement))
	require.False(t, ada().in(payload))
}

// requireNotInObjects looks through the files of the object store.
func requireNotInObjects(t *testing.T, s *server, secret canary) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.Contains(path, "objects") {
			return err
		}
		b, err := os.ReadFile(path)
		require.False(t, secret.in(b), path)
		return err
	})
	require.NoError(t, err)
}

// An erasure that is cut short goes on by itself and is done once.
func TestKilledInTheMiddleOfAnErasure(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := signUp(t, s)
	table, _ := peopled(t, s, c)
	e := c.lookFor(s, map[string]any{
		"people": []any{map[string]any{"name": "ada  lovelace", "company": "ACME"}},
		"emails": []string{"ada.lovelace@example.com"}, "phones": []string{"+44 (20) 7946-0958"},
	})
	require.Len(t, e.Rows, 1)
	in[erasureInfo](c, http.StatusOK, http.MethodPost, "/erasures/"+e.ID+"/confirm", nil)
	s.eventually(doneWithin, "a place is erased", func() bool {
		return len(in[erasureInfo](c, http.StatusOK, http.MethodGet, "/erasures/"+e.ID, nil).Erased) > 1
	})
	s.kill()
	s.start()
	c.at = 0
	done := c.erasure(s, e.ID, "done")
	seen := map[string]bool{}
	for _, p := range done.Erased {
		require.False(t, seen[p.Place], p.Place)
		seen[p.Place] = true
	}
	require.EqualValues(t, 2, c.count(table.ID))
	requireNotInTables(t, s, ada())
	s.verify()
}
