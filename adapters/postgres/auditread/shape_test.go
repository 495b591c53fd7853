package auditread_test

import (
	"context"
	_ "embed"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/projections/auditview"
)

//go:embed testdata/version6.sql
var version6 string

// beVersion6 makes the live copy one of version 6 with the same lines.
func beVersion6(t *testing.T, h *postgrestest.Harness, lines []auditview.Line) {
	t.Helper()
	_, err := h.Pool.Exec(t.Context(), `SET search_path = rm_audit, public; DROP TABLE lines CASCADE; `+version6+`; RESET search_path`)
	require.NoError(t, err)
	for _, l := range lines {
		ws := "ws_1"
		if l.Action == "session.started" {
			ws = ""
		}
		_, err := h.Pool.Exec(context.WithoutCancel(t.Context()), `INSERT INTO rm_audit.entries VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
			l.First, l.Last, ws, string(l.Stream), l.At, string(l.Actor.Kind), l.Actor.ID, string(l.Actor.User()), string(l.Person), l.Action, l.Thing, l.ID, l.Says, l.N,
			l.Before, l.After, l.Client, l.Agent, l.Request, l.Activity)
		require.NoError(t, err)
	}
}
