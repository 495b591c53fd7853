package erasurecmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
)

// mentioning is a place with a text that mentions somebody; made holds nothing but what the log has.
type mentioning struct {
	text string
	asks int
}

func (*mentioning) Place() string { return "letters" }

func (m *mentioning) Erase(context.Context, *erasurecmd.Search) (int64, error) {
	m.text = ""
	return 0, nil
}

func (m *mentioning) Verify(_ context.Context, s *erasurecmd.Search) (n int64, err error) {
	m.asks++
	for line := range strings.Lines(m.text) {
		if s.Mentions(line) {
			n++
		}
	}
	return n, nil
}

type made struct{ mentioning }

func (*made) Place() string { return "copies" }

func (*made) Derived() {}

type subjectFile struct {
	Version   int                   `json:"version"`
	ErasureID kernel.ErasureID      `json:"erasure_id"`
	Rows      []erasurecmd.HeldRow  `json:"rows"`
	History   []erasurecmd.Held     `json:"history"`
	Elsewhere []erasurecmd.HeldText `json:"elsewhere"`
}

func (w *world) export(id kernel.ErasureID) (out subjectFile, raw string) {
	w.t.Helper()
	e, err := w.handlers.Subject(w.t.Context(), ws, id)
	require.NoError(w.t, err)
	var b bytes.Buffer
	require.NoError(w.t, w.handlers.ExportSubject(w.t.Context(), e, &b))
	require.NoError(w.t, json.Unmarshal(b.Bytes(), &out), b.String())
	return out, b.String()
}

// What is exported of a person is what an erasure takes: what was ever in the rows, in any event, sealed or not, and nothing of others.
func TestAPersonsExportHasWhatAnErasureTakes(t *testing.T) {
	t.Parallel()
	letters, copies := &mentioning{text: "dear ada@example.com\ndear grace@example.com\nfor ADA@example.com\n"}, &made{}
	w := newWorldWith(t, letters, copies)
	w.furnish()
	w.given("comment-1", comment.Added{
		Place: comment.Place{Table: tbl, Row: ada}, Thread: "thr_1", ID: "cmt_1", Author: "usr_1",
		Sealed: w.seal(auth.PersonKey("usr_1"), "a countess"),
	})
	w.given("import-2", dataops.Uploaded{
		ImportID: "imp_2", Columns: []dataops.FileColumn{{Name: "Email", Samples: []string{"ada@example.com", "grace@example.com"}}},
	})
	id := w.request(erasurecmd.Request{Emails: []string{"ada@example.com"}})
	e := w.run(id)
	asked := copies.asks
	file, raw := w.export(id)
	require.Equal(t, 1, file.Version)
	require.Equal(t, id, file.ErasureID)
	require.Len(t, file.Rows, 1)
	require.Equal(t, "People", file.Rows[0].Table)
	require.JSONEq(t, `{"id":"`+string(ada)+`"}`, string(file.Rows[0].Row))
	has := map[string]bool{}
	for _, h := range file.History {
		has[h.What+" "+string(h.Value)] = true
		require.NotZero(t, h.Position)
		require.False(t, h.At.IsZero())
	}
	require.True(t, has[`col_1 "ada@example.com"`], "%v", has)
	require.True(t, has[`col_1 "Ada Lovelace"`], "%v", has)
	require.True(t, has[`mention "met\nada@example.com"`], "%v", has)
	require.True(t, has[`record {"name":"Ada Lovelace","age":36}`], "%v", has)
	require.True(t, has[`record ["Ada Lovelace","ada@example.com"]`], "%v", has)
	require.True(t, has[`answer {"outputs":{"title":"countess"}}`], "%v", has)
	require.True(t, has[`sample "ada@example.com"`], "%v", has)
	require.True(t, has[`comment "a countess"`], "%v", has)
	require.True(t, has[`input {"who":"A. L."}`], "%v", has)
	require.Equal(t, []erasurecmd.HeldText{{Place: "letters", Text: "dear ada@example.com\n"}, {Place: "letters", Text: "for ADA@example.com\n"}}, file.Elsewhere)
	require.NotContains(t, raw, "grace@example.com")
	require.Equal(t, asked, copies.asks, "what is made of the log is not exported twice")

	_, err := w.handlers.Confirm(t.Context(), w.meta(), id)
	require.NoError(t, err)
	_, err = w.handlers.Subject(t.Context(), ws, e.ID)
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), "too late")
	require.Equal(t, erasure.Done, w.run(id).State)
	again := w.request(erasurecmd.Request{Emails: []string{"ada@example.com"}})
	w.run(again)
	file, _ = w.export(again)
	require.Empty(t, file.Rows)
	require.Empty(t, file.History, "after an erasure nothing is held")
}
