package dataopsapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// A file says how sure the values are that providers gave, if that is asked for, and a guess is told from a fact.
func TestAFileTellsHowSureValuesAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, col := w.guessed(t)
	require.Equal(t, "Company,Domain,Domain verified\r\nAcme,acme.com,mine\r\nBolt,bolt.io,mine\r\nCog,cog.de,\r\nDyn,,\r\n", w.export(id, ""))
	require.Equal(t, "Company,Domain,Domain confidence (%),Domain verified 2,Domain verified\r\nAcme,acme.com,62.5,false,mine\r\nBolt,bolt.io,80,true,mine\r\nCog,cog.de,,,\r\nDyn,,,,\r\n", w.export(id, "sureness=true"))
	require.Equal(t, "Domain,Domain confidence (%),Domain verified 2\r\nacme.com,62.5,false\r\n", w.export(id, `sureness=true&fields=Domain&sort=Company:asc&filter={"column":"`+string(col)+`","op":"state","value":"unverified"}`))
	lines := strings.Split(w.export(id, "sureness=true&format=jsonl&fields=Domain"), "\n")
	require.Len(t, lines, 5)
	require.JSONEq(t, `{"Domain":"acme.com","Domain confidence (%)":62.5,"Domain verified 2":false}`, lines[0])
	require.JSONEq(t, `{"Domain":"bolt.io","Domain confidence (%)":80,"Domain verified 2":true}`, lines[1])
	require.JSONEq(t, `{"Domain":"cog.de","Domain confidence (%)":null,"Domain verified 2":null}`, lines[2])
	require.JSONEq(t, `{"Domain":null,"Domain confidence (%)":null,"Domain verified 2":null}`, lines[3])
}

// guessed makes a table with a guess, a verified answer, an answer of which nothing is known, and an empty cell.
func (w *world) guessed(t *testing.T) (kernel.TableID, kernel.ColumnID) {
	t.Helper()
	tbl, err := table.New(table.Maker{IDs: w.ids, Clock: kernel.SystemClock{}}, kernel.TableID(w.ids.New(kernel.PrefixTable)), wsA, "", "Guesses", []table.Draft{
		{Name: "Company", Type: table.Text},
		{Name: "Domain", Type: table.Text, Kind: table.Enrichment, Enrichment: json.RawMessage(`{"steps":[{"provider":"domain_from","output":"domain"}]}`)},
		{Name: "Domain verified", Type: table.Text},
	})
	require.NoError(t, err)
	cols := tbl.Schema().Columns
	company, domain, mine := cols[0].ID, cols[1].ID, cols[2].ID
	rows := make([]kernel.RowID, 4)
	for i := range rows {
		rows[i] = kernel.RowID(w.ids.New(kernel.PrefixRow))
	}
	text := func(s ...string) (out []json.RawMessage) {
		for _, v := range s {
			out = append(out, json.RawMessage(`"`+v+`"`))
		}
		return out
	}
	sure, surer := 0.625, 0.8
	answer := enrichment.RunAnswersRecorded{RunID: "run_1", TableID: tbl.ID(), Chunk: kernel.Chunk{Rows: rows[:2], Cols: map[kernel.ColumnID][]json.RawMessage{domain: text("acme.com", "bolt.io"), mine: text("mine", "mine")}}}
	for i, p := range []enrichment.Provenance{{Confidence: &sure, VerifiedBy: []enrichment.Evidence{}}, {Confidence: &surer, VerifiedBy: []enrichment.Evidence{enrichment.ByDNS}}} {
		p.RowID, p.ColumnID, p.Provider = rows[i], domain, "domain_from"
		answer.Provenance = append(answer.Provenance, p)
		answer.Marks = append(answer.Marks, enrichment.Mark{RowID: rows[i], ColumnID: domain, State: enrichment.MarkValue})
	}
	older := enrichment.RunAnswersRecorded{
		RunID: "run_1", TableID: tbl.ID(), Chunk: kernel.Chunk{Rows: rows[2:3], Cols: map[kernel.ColumnID][]json.RawMessage{domain: text("cog.de")}},
		Marks: []enrichment.Mark{{RowID: rows[2], ColumnID: domain, State: enrichment.MarkValue}}, Provenance: []enrichment.Provenance{{RowID: rows[2], ColumnID: domain, Provider: "domain_from", Confidence: &sure}},
	}
	req, err := w.codec.Append(kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "anna"}, Workspace: wsA}, nil,
		eventstore.At(eventstore.Stream(table.StructureStream, string(tbl.ID())), eventstore.NoStream, tbl.Pending()...),
		eventstore.At(eventstore.Stream(table.CellStream, string(tbl.ID())), eventstore.NoStream, table.RowsInserted{TableID: tbl.ID(), Chunk: kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{company: text("Acme", "Bolt", "Cog", "Dyn")}}}),
		eventstore.At("run-run_1", eventstore.NoStream, answer, older))
	require.NoError(t, err)
	_, err = w.log.Append(t.Context(), req)
	require.NoError(t, err)
	return tbl.ID(), domain
}
