package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/workflow"
)

func calling(change func(*workflow.Config)) workflow.Graph {
	g := simple()
	c := workflow.Config{Method: "POST", URL: "https://api.example.com/{{Name}}", Body: `{"a":"{{Name}}"}`}
	change(&c)
	g.Nodes = append(g.Nodes, node("tell", workflow.Call, c))
	g.Edges = append(g.Edges, edge("ask", "tell"))
	return g
}

func TestACallIsCheckedBeforeItRuns(t *testing.T) {
	t.Parallel()
	require.Empty(t, calling(func(*workflow.Config) {}).Check(catalogue{}))
	for problem, change := range map[string]func(*workflow.Config){
		"which address is called": func(c *workflow.Config) { c.URL = "" },
		"choose a method":         func(c *workflow.Config) { c.Method = "" },
		"GET has no body":         func(c *workflow.Config) { c.Method = "GET" },
		"is wrong":                func(c *workflow.Config) { c.Headers = map[string]string{"X-A": "{{Nothing}}"} },
		"how it is sent":          func(c *workflow.Config) { c.Auth = workflow.AuthBearer },
		"in which header":         func(c *workflow.Config) { c.CredentialID, c.Auth = "crd_01JZZZZZZZZZZZZZZZZZZZZZZZ", "header" },
	} {
		found := calling(change).Check(catalogue{})
		require.NotEmpty(t, found, problem)
		require.Contains(t, found[0].Message, problem)
		require.Equal(t, workflow.NodeID("tell"), found[0].NodeID)
	}
	elsewhere := calling(func(c *workflow.Config) {
		c.URL, c.CredentialID, c.Auth = "https://evil.example.net/", "crd_01JZZZZZZZZZZZZZZZZZZZZZZZ", "bearer"
	}).Check(catalogue{})
	require.Equal(t, "credential_id", elsewhere[0].Field)
}

func TestWhatCannotBeACallIsRefusedInADraftToo(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*workflow.Config){
		"a host of the row's":      func(c *workflow.Config) { c.URL = "https://{{Name}}/a" },
		"a host partly of the row": func(c *workflow.Config) { c.URL = "https://api.{{Name}}.com" },
		"a file":                   func(c *workflow.Config) { c.URL = "file:///etc/passwd" },
		"a password in it":         func(c *workflow.Config) { c.URL = "https://a:b@example.com" },
		"a header of its own":      func(c *workflow.Config) { c.Headers = map[string]string{"authorization": "x"} },
		"a header of HTTP":         func(c *workflow.Config) { c.Headers = map[string]string{"Transfer-Encoding": "chunked"} },
		"two lines":                func(c *workflow.Config) { c.Headers = map[string]string{"X-A": "a\r\nHost: b"} },
		"too many headers": func(c *workflow.Config) {
			c.Headers = map[string]string{}
			for i := range 21 {
				c.Headers["X-"+strings.Repeat("a", i+1)] = "b"
			}
		},
		"no JSON":     func(c *workflow.Config) { c.Body = `{"a":{{Name}}` },
		"deep JSON":   func(c *workflow.Config) { c.Body = strings.Repeat("[", 100) + strings.Repeat("]", 100) },
		"too fast":    func(c *workflow.Config) { c.PerMinute = 6001 },
		"a long body": func(c *workflow.Config) { c.Body = `"` + strings.Repeat("a", 20_001) + `"` },
	} {
		require.Error(t, calling(change).Validate(), name)
	}
	require.NoError(t, calling(func(c *workflow.Config) { c.Body = `{"a":{{Name}},"b":"x{{Name}}","{{Name}}":1}` }).Validate())
}

// A value stays a value wherever it stands.
func TestARowsValuesCannotChangeWhatIsAsked(t *testing.T) {
	t.Parallel()
	c := workflow.Config{
		Method: "PUT", URL: "https://api.example.com/{{v}}/x?q={{v}}&n={{n}}", Headers: map[string]string{"X-V": "{{n}}"},
		Body: `{"text":"a {{v}} \"{{v}}\"","as it is":{{v}},"number":{{n}},"none":{{none}},"list":{{list}}}`,
	}
	for value, want := range map[string]string{
		`plain`: "https://api.example.com/plain/x?q=plain&n=7", `..`: "https://api.example.com//x?q=..&n=7",
		`a/b?c#d&e=f`:           "https://api.example.com/a%2Fb%3Fc%23d&e=f/x?q=a%2Fb%3Fc%23d%26e%3Df&n=7",
		`","admin":true,"x":"\`: "", "\n\x00é{{n}}": "", `@evil.example.net`: "",
	} {
		raw, err := json.Marshal(value)
		require.NoError(t, err)
		cells := map[string]json.RawMessage{"v": raw, "n": json.RawMessage("7"), "list": json.RawMessage(`["a"]`)}
		got, err := c.Called(func(ref string) json.RawMessage { return cells[ref] })
		require.NoError(t, err, value)
		if want != "" {
			require.Equal(t, want, got.URL)
		}
		require.True(t, strings.HasPrefix(got.URL, "https://api.example.com/"), got.URL)
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.Body), &body), got.Body)
		require.Equal(t, map[string]any{
			"text": "a " + value + ` "` + value + `"`, "as it is": value, "number": 7.0, "none": nil, "list": []any{"a"},
		}, body)
		require.Equal(t, "7", got.Headers["X-V"])
	}
	c.Headers["X-V"] = "{{v}}"
	_, err := c.Called(func(string) json.RawMessage { return json.RawMessage(`"a\r\nHost: b"`) })
	require.ErrorContains(t, err, "line break")
}

func TestMasksArePartedWithoutLoss(t *testing.T) {
	t.Parallel()
	m := workflow.Mask(nil).With(0).With(3).With(9).With(77).With(78)
	parts := m.Split(2)
	require.Len(t, parts, 3)
	var all workflow.Mask
	for _, p := range parts {
		require.LessOrEqual(t, p.Count(), 2)
		require.Empty(t, all.And(p))
		all = all.Or(p)
	}
	require.Equal(t, m, all)
	require.Empty(t, workflow.Mask(nil).Split(2))
}
