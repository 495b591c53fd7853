package auditread_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/auditread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/access"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/auditview"
)

func chunk(rows, cols int) kernel.Chunk {
	c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for i := range rows {
		c.Rows = append(c.Rows, kernel.RowID(fmt.Sprint("row_", i)))
	}
	for j := range cols {
		for range rows {
			id := kernel.ColumnID(fmt.Sprint("col_", j))
			c.Cols[id] = append(c.Cols[id], json.RawMessage(`"x"`))
		}
	}
	return c
}

func TestTheAuditLog(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(auth.Events(), workspace.Events(), table.Events(), access.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, auditview.New(codec, auditread.Open), auditread.Model())
	_, err = h.Pool.Exec(t.Context(), `CREATE SCHEMA rm_workspace; CREATE TABLE rm_workspace.members (workspace_id text, user_id text, joined_at timestamptz)`)
	require.NoError(t, err)
	now := h.Clock.Now()
	_, err = h.Pool.Exec(t.Context(), `INSERT INTO rm_workspace.members VALUES ('ws_1', 'usr_1', $1), ('ws_2', 'usr_2', $1)`, now)
	require.NoError(t, err)
	by := func(user, request string) {
		h.Meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: user}, Workspace: "ws_1", CorrelationID: request, Client: "192.0.2.7", Agent: "Firefox"}
	}
	by("usr_1", "req_1")
	h.Append("table-tbl_1", table.Created{TableID: "tbl_1", WorkspaceID: "ws_1", Name: "Leads {n} =1"})
	h.Append("table-tbl_1", table.Renamed{TableID: "tbl_1", Name: "Companies", Old: "Leads"})
	by("usr_1", "req_2")
	for range 3 { // one request, in batches of its own
		h.Append("cells-tbl_1", table.CellsEdited{TableID: "tbl_1", Chunk: chunk(10, 2)}, table.CellsEdited{TableID: "tbl_1", Chunk: chunk(5, 2)})
	}
	by("usr_1", "req_3")
	h.Append("cells-tbl_1", table.CellsEdited{TableID: "tbl_1", Chunk: chunk(1, 1)})
	h.Append("workspace-ws_1", workspace.Renamed{Workspace: "ws_1", Name: "Acme"}, workspace.Renamed{Workspace: "ws_1", Name: "Acme Ltd"})
	h.Append("workspace-ws_1", workspace.MemberRoleChanged{Workspace: "ws_1", UserID: "usr_2", Role: kernel.RoleAdmin, Was: kernel.RoleViewer})
	h.Append("access-ws_1", access.Denied{Operation: "delete-workspace", Count: 12})
	h.Meta.Workspace = ""
	h.Append("session-ses_1", auth.SessionStarted{SessionID: "ses_1", UserID: "usr_1", TokenHash: "h", At: now})
	h.Append("session-ses_2", auth.SessionStarted{SessionID: "ses_2", UserID: "usr_2", TokenHash: "h", At: now})
	h.Meta.Workspace = "ws_2"
	h.Append("table-tbl_2", table.Created{TableID: "tbl_2", WorkspaceID: "ws_2", Name: "private"})

	q := auditread.NewQueries(h.Pool, h)
	lines := func(f auditview.Filter) (out []auditview.Line, says []string) {
		require.NoError(t, q.Lines(t.Context(), "ws_1", f, func(l auditview.Line) error {
			out, says = append(out, l), append(says, fmt.Sprint(l.Says, " ", l.N))
			return nil
		}))
		return out, says
	}
	all, says := lines(auditview.Filter{})
	require.Equal(t, []string{
		"signed in 1", "was refused delete-workspace, {n} times 12", "changed the role of {person} from viewer to admin 1", "renamed the workspace to Acme Ltd 1", "renamed the workspace to Acme 1",
		"changed {n} cells of {it} 1", "changed {n} cells of {it} 90", "renamed the table Leads to Companies 1", "made the table {it} 1",
	}, says, "of this workspace and its members only, the chunks of a request as one")
	require.Equal(t, "Companies", all[len(all)-1].Name, "a thing has its present name")
	require.JSONEq(t, `{"name":"Acme"}`, string(all[3].Before))
	require.JSONEq(t, `{"name":"Acme Ltd"}`, string(all[3].After))
	require.JSONEq(t, `{"was":"viewer"}`, string(all[2].Before))
	require.Equal(t, "192.0.2.7", all[6].Client)
	require.Equal(t, "Firefox", all[6].Agent)

	_, says = lines(auditview.Filter{Activity: true})
	require.NotContains(t, says, "signed in 1")
	require.Len(t, says, 7)
	_, says = lines(auditview.Filter{Action: "table", Before: all[6].First, Limit: 1})
	require.Equal(t, []string{"renamed the table Leads to Companies 1"}, says)
	for name, f := range map[string]auditview.Filter{
		"wildcards are text": {Action: "t%"}, "underscores too": {Action: "tabl_"}, "another person": {Actor: "usr_2"}, "later": {From: now.Add(time.Hour)}, "before": {To: now},
		"no such thing": {Thing: "table", ID: "tbl_2"},
	} {
		_, says = lines(f)
		require.Empty(t, says, name)
	}
	_, says = lines(auditview.Filter{Thing: "member", Actor: "usr_1", From: now, To: now.Add(time.Second)})
	require.Len(t, says, 1)
	h.RequireRebuildable()

	filters := []auditview.Filter{{}, {Activity: true}, {Actor: "usr_1"}, {Action: "table", Limit: 2}, {Thing: "table", ID: "tbl_1"}, {Before: all[3].First}}
	var present [][]auditview.Line
	for _, f := range filters {
		found, _ := lines(f)
		require.NotEmpty(t, found)
		present = append(present, found)
	}
	beVersion6(t, h, all)
	q = auditread.NewQueries(h.Pool, h)
	for i, f := range filters {
		found, _ := lines(f)
		require.Equal(t, present[i], found, "a copy of the version before answers the same")
	}
}

func TestWhatWasDoneIsToldByNames(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(search.Events(), table.Events(), auth.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, auditview.New(codec, auditread.Open), auditread.Model())
	_, err = h.Pool.Exec(t.Context(), `CREATE SCHEMA rm_workspace; CREATE TABLE rm_workspace.members (workspace_id text, user_id text, joined_at timestamptz)`)
	require.NoError(t, err)
	h.Meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: "ws_1"}
	column := func(id, name string) table.Column {
		return table.Column{ID: kernel.ColumnID(id), Name: name, Type: table.Text}
	}
	shared := table.View{ID: "viw_1", Name: "Pipeline", Shared: true}
	h.Append("table-tbl_1", table.Created{TableID: "tbl_1", WorkspaceID: "ws_1", Name: "Leads", Columns: []table.Column{column("col_1", "First"), column("col_2", "Second {it}")}})
	h.Append("table-tbl_1",
		table.ColumnDeleted{TableID: "tbl_1", ColumnID: "col_1"}, table.ColumnRestored{TableID: "tbl_1", ColumnID: "col_1"},
		table.ColumnChanged{TableID: "tbl_1", Column: column("col_1", "Renamed"), Old: column("col_1", "First")},
		table.ColumnDeleted{TableID: "tbl_1", ColumnID: "col_1"}, table.ColumnPurged{TableID: "tbl_1", ColumnID: "col_1"},
		table.ColumnDeleted{TableID: "tbl_1", ColumnID: "col_2"}, table.ColumnAdded{TableID: "tbl_1", Column: column("col_3", "Third")})
	h.Append("table-tbl_1", table.ColumnDeleted{TableID: "tbl_1", ColumnID: "col_3"},
		table.ViewSaved{TableID: "tbl_1", View: shared}, table.ViewDeleted{TableID: "tbl_1", ViewID: "viw_1"}, table.ViewDeleted{TableID: "tbl_1", ViewID: "viw_0"})
	h.Append("search-ws_1", search.Saved{ID: "sea_1", Workspace: "ws_1", Name: "Big ones", Shared: true}, search.Saved{ID: "sea_2", Workspace: "ws_1", Name: "Other", Shared: true})
	h.Append("search-ws_1", search.Deleted{ID: "sea_1"})
	h.Append("api_key-key_1", auth.APIKeyCreated{KeyID: "key_1", Workspace: "ws_1", Name: "CI", Role: kernel.RoleMember, Tables: []kernel.TableID{"tbl_1", "tbl_0"}})
	var told []string
	require.NoError(t, auditread.NewQueries(h.Pool, h).Lines(t.Context(), "ws_1", auditview.Filter{}, func(l auditview.Line) error {
		told = append(told, strings.ReplaceAll(l.Says, "{it}", l.Name))
		require.NotRegexp(t, `(col|viw|sea)_`, l.Says+string(l.Before)+string(l.After))
		if l.Thing == "api_key" {
			require.Contains(t, string(l.After), `["Leads", "tbl_0"]`)
		}
		return nil
	}))
	slices.Reverse(told)
	require.Equal(t, []string{
		"made the table Leads", "deleted the column First of Leads", "restored the column First of Leads", "changed the column First of Leads", "deleted the column Renamed of Leads",
		"removed the column Renamed of Leads from the trash for good", "deleted the column Second (it) of Leads", "added the column Third to Leads", "deleted the column Third of Leads",
		"saved the view Pipeline of Leads", "deleted the view Pipeline of Leads", "deleted a view of Leads", "saved the search Big ones", "saved the search Other", "deleted the search Big ones",
		"made the API key CI for the role member",
	}, told)
	h.RequireRebuildable()
}

// Addresses may hold secrets, and what is one person's own is told to nobody.
func TestWhatIsSecretOrOnesOwnIsNotTold(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(search.Events(), table.Events(), webhook.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, auditview.New(codec, auditread.Open), auditread.Model())
	_, err = h.Pool.Exec(t.Context(), `CREATE SCHEMA rm_workspace; CREATE TABLE rm_workspace.members (workspace_id text, user_id text, joined_at timestamptz)`)
	require.NoError(t, err)
	h.Meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: "ws_1"}
	address := webhook.Settings{URL: "https://hooks.example.com/services/T/B/CANARY", Description: "to https://u:CANARY@example.com"}
	h.Append("webhook-whk_1", webhook.Created{ID: "whk_1", Workspace: "ws_1", Settings: address}, webhook.Changed{ID: "whk_1", Settings: address},
		webhook.Disabled{ID: "whk_1", Workspace: "ws_1", URL: address.URL, Reason: webhook.ByUser}, webhook.Deleted{ID: "whk_1"})
	h.Append("table-tbl_1", table.ViewSaved{TableID: "tbl_1", View: table.View{ID: "viw_1", Name: "CANARY"}}, table.ViewDeleted{TableID: "tbl_1", ViewID: "viw_1"},
		table.ViewSaved{TableID: "tbl_1", View: table.View{ID: "viw_2", Name: "everybody's", Shared: true}})
	h.Append("search-sea_1", search.Saved{ID: "sea_1", Workspace: "ws_1", Name: "CANARY"}, search.Deleted{ID: "sea_1"})
	h.Append("search-sea_2", search.Saved{ID: "sea_2", Workspace: "ws_1", Name: "everybody's", Shared: true})
	q := auditread.NewQueries(h.Pool, h)
	told := func(f auditview.Filter) string {
		var out []string
		require.NoError(t, q.Lines(t.Context(), "ws_1", f, func(l auditview.Line) error {
			out = append(out, fmt.Sprintf("%s (%s) %s %s", l.Says, l.Name, l.Before, l.After))
			return nil
		}))
		return strings.Join(out, "\n")
	}
	all, activity := told(auditview.Filter{}), told(auditview.Filter{Activity: true})
	require.NotContains(t, all, "CANARY")
	require.Contains(t, activity, "made the webhook https://hooks.example.com/…")
	require.Contains(t, all, "deleted the search {it} () ", "nobody was told its name")
	require.Contains(t, all, "deleted a view of {it}")
	require.Contains(t, activity, "saved the search everybody's")
	require.Contains(t, activity, "saved the view everybody's of {it}")
	require.Contains(t, all, "saved a view of {it} that is theirs alone")
	require.NotContains(t, activity, "theirs alone")
}
