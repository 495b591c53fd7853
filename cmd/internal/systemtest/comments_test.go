package systemtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type saidInfo struct {
	Thread  string `json:"thread_id"`
	Comment string `json:"comment_id"`
}

type threadInfo struct {
	ID       string `json:"id"`
	RowID    string `json:"row_id"`
	Resolved bool   `json:"resolved"`
	Comments []struct {
		ID     string `json:"id"`
		Author struct {
			Name string `json:"name"`
		} `json:"author"`
		Text string `json:"text"`
		Mine bool   `json:"mine"`
	} `json:"comments"`
}

// joined is a person with an accepted invitation to the client's workspace.
func joined(t *testing.T, s *server, c *client, word, role string) *client {
	t.Helper()
	link := in[struct {
		Link string `json:"link"`
	}](c, http.StatusCreated, http.MethodPost, "/invitations", map[string]any{"email": "guest@" + word + ".example.com", "role": role}).Link
	require.Regexp(t, linkToken, link, "no mail server is configured")
	guest := register(t, s, "guest@"+word+".example.com")
	guest.call(http.StatusOK, http.MethodPost, "/api/v1/invitations/"+linkToken.FindString(link)+"/accept", nil)
	guest.ws, guest.at = c.ws, c.at
	return guest
}

func TestPeopleCommentOnCellsAndMentionEachOther(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	owner := signUp(t, s)
	ids := furnish(t, s, owner, "spoken")
	member, viewer := joined(t, s, owner, "member", "member"), joined(t, s, owner, "viewer", "viewer")
	comments := "/tables/" + ids["tableId"] + "/comments"
	at := map[string]any{"row_id": ids["rowId"], "column_id": ids["columnId"], "text": "Look, <@" + member.user + "> and <@" + viewer.user + ">"}
	said := in[saidInfo](owner, http.StatusCreated, http.MethodPost, comments, at)
	one := comments + "/" + said.Thread

	unread := func(c *client) int {
		return in[struct {
			Count int `json:"count"`
		}](c, http.StatusOK, http.MethodGet, "/mentions:count", nil).Count
	}
	member.at, viewer.at = owner.at, owner.at
	require.Equal(t, 1, unread(member))
	require.Equal(t, 1, unread(viewer))
	require.Zero(t, unread(owner))
	mentions := in[[]struct {
		RowID    string `json:"row_id"`
		Position int64  `json:"position"`
		Unread   bool   `json:"unread"`
	}](member, http.StatusOK, http.MethodGet, "/mentions", nil)
	require.Len(t, mentions, 1)
	require.Equal(t, ids["rowId"], mentions[0].RowID)
	require.True(t, mentions[0].Unread)
	member.call(http.StatusOK, http.MethodPost, member.ws+"/mentions:seen", map[string]any{"position": mentions[0].Position})
	require.Zero(t, unread(member))
	require.Equal(t, 1, unread(viewer), "each for themselves")

	viewer.call(http.StatusForbidden, http.MethodPost, viewer.ws+one, map[string]any{"text": "I only read"})
	member.call(http.StatusCreated, http.MethodPost, member.ws+one, map[string]any{"text": "I see"})
	member.call(http.StatusForbidden, http.MethodPut, member.ws+one+"/"+said.Comment, map[string]any{"text": "not mine"})
	member.call(http.StatusForbidden, http.MethodDelete, member.ws+one+"/"+said.Comment, nil)
	member.call(http.StatusOK, http.MethodPost, member.ws+one+"/resolve", nil)

	viewer.at = member.at
	threads := in[[]threadInfo](viewer, http.StatusOK, http.MethodGet, comments+"?state=resolved&row="+ids["rowId"], nil)
	require.Len(t, threads, 1)
	require.Len(t, threads[0].Comments, 2)
	require.True(t, threads[0].Resolved)
	require.NotEmpty(t, threads[0].Comments[1].Author.Name)

	owner.at = member.at
	owner.call(http.StatusOK, http.MethodDelete, owner.ws+one+"/"+threads[0].Comments[1].ID, nil)
	stranger := strings.Replace(ids["rowId"], ids["rowId"][4:6], "00", 1)
	owner.call(http.StatusNotFound, http.MethodPost, owner.ws+comments, map[string]any{"row_id": stranger, "text": "nowhere"})
	owner.call(http.StatusUnprocessableEntity, http.MethodPost, owner.ws+comments,
		map[string]any{"row_id": ids["rowId"], "text": "Hi <@" + signUp(t, s).user + ">"})
}
