package systemtest_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type auditLine struct {
	Action string `json:"action"`
	Text   string `json:"text"`
	IP     string `json:"ip"`
	Agent  string `json:"user_agent"`
	Actor  struct {
		Name string `json:"name"`
		User string `json:"user_id"`
	} `json:"actor"`
}

func TestWhatWasDoneIsToldAndAudited(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	c := signUp(t, s)
	const agent = "Audit Test/1.0"
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "=HYPERLINK(1)", "columns": []any{map[string]any{"name": "Name", "type": "text"}}}, "User-Agent", agent)
	c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table.ID+"/export?format=csv", nil)
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/api-keys", map[string]any{"name": "robot", "role": "viewer"})

	text := func(path string) []string {
		var out []string
		for _, l := range in[[]auditLine](c, http.StatusOK, http.MethodGet, path, nil) {
			out = append(out, l.Text)
		}
		return out
	}
	require.Equal(t, []string{"New made the API key robot for the role viewer", "New made the table =HYPERLINK(1)", "New made the workspace Newcomer's"}, text("/team/activity"))
	require.Equal(t, []string{"New made the table =HYPERLINK(1)"}, text("/team/activity?limit=1&cursor="+cursorAfter(c, "/team/activity?limit=1")))

	key := in[struct {
		Secret string `json:"key"`
	}](c, http.StatusCreated, http.MethodPost, "/api-keys", map[string]any{"name": "reader", "role": "viewer"})
	robot := *c
	robot.token = key.Secret
	for range 50 {
		robot.call(http.StatusForbidden, http.MethodGet, robot.ws+"/team/audit", nil)
	}
	s.eventually(doneWithin, "the refusal and the export are audited", func() bool {
		all := text("/team/audit")
		return slices.Contains(all, "An API key of New was refused list-audit, once") && slices.ContainsFunc(all, func(l string) bool { return strings.HasPrefix(l, "New exported =HYPERLINK(1)") })
	})
	lines := in[[]auditLine](c, http.StatusOK, http.MethodGet, "/team/audit?action=table", nil)
	require.Len(t, lines, 1)
	require.Equal(t, "127.0.0.1", lines[0].IP)
	require.Equal(t, agent, lines[0].Agent)
	require.Empty(t, text("/team/audit?action=session"), "that he signed in before he was a member is not the workspace's business")
	require.Empty(t, text("/team/audit?thing=credential"))

	r := c.call(http.StatusOK, http.MethodGet, c.ws+"/team/audit.csv", nil)
	records, err := csv.NewReader(strings.NewReader(string(r.Raw))).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(records), 5)
	for _, record := range records[1:] {
		for _, cell := range record {
			require.NotContains(t, "=+-@\t\r", cell[:min(1, len(cell))]+"\x00", "%q would be run as a formula", cell)
		}
	}
	wrong := map[string]string{"email": "demo@morket.local", "password": "not the password"}
	(&client{t: t, base: s.url}).call(http.StatusUnauthorized, http.MethodPost, "/api/v1/auth/login", wrong)
	d := demo(t, s)
	require.Contains(t, in[[]auditLine](d, http.StatusOK, http.MethodGet, "/team/audit?action=session", nil)[0].Text, "Demo signed in")
	s.eventually(doneWithin, "the wrong password is audited", func() bool {
		return slices.ContainsFunc(in[[]auditLine](d, http.StatusOK, http.MethodGet, "/team/audit", nil), func(l auditLine) bool {
			return l.Text == "Morket refused a wrong password, code or passkey for Demo, once"
		})
	})
}

func cursorAfter(c *client, path string) string {
	c.t.Helper()
	return c.call(http.StatusOK, http.MethodGet, c.ws+path, nil).Meta.NextCursor
}
