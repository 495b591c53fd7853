package offline

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	header := func(name string) bool { return name == "Email, work" || name == "a=b" }
	for text, want := range map[string]request{
		"email_check:email":             {[]string{"email_check"}, []pair{{"", "email"}}, nil},
		" email_check : Work email ":    {[]string{"email_check"}, []pair{{"", "Work email"}}, nil},
		"p:#3":                          {[]string{"p"}, []pair{{"", "#3"}}, nil},
		"p:x=A,y=B":                     {[]string{"p"}, []pair{{"x", "A"}, {"y", "B"}}, nil},
		"p:A,y=B":                       {[]string{"p"}, []pair{{"", "A"}, {"y", "B"}}, nil},
		"p:A->u,v":                      {[]string{"p"}, []pair{{"", "A"}}, []pair{{"u", ""}, {"v", ""}}},
		"p:A -> u = New name , v":       {[]string{"p"}, []pair{{"", "A"}}, []pair{{"u", "New name"}, {"v", ""}}},
		"p|q:A->u":                      {[]string{"p", "q"}, []pair{{"", "A"}}, []pair{{"u", ""}}},
		`p:"A,B->C"`:                    {[]string{"p"}, []pair{{"", "A,B->C"}}, nil},
		`p:x="say ""hi"" = hello"->u`:   {[]string{"p"}, []pair{{"x", `say "hi" = hello`}}, []pair{{"u", ""}}},
		`p:A->u="x, y"`:                 {[]string{"p"}, []pair{{"", "A"}}, []pair{{"u", "x, y"}}},
		"p:Email, work":                 {[]string{"p"}, []pair{{"", "Email, work"}}, nil},
		"p:a=b->u":                      {[]string{"p"}, []pair{{"", "a=b"}}, []pair{{"u", ""}}},
		"p:Ärger: groß":                 {[]string{"p"}, []pair{{"", "Ärger: groß"}}, nil},
		"name_split:Name->first_name=F": {[]string{"name_split"}, []pair{{"", "Name"}}, []pair{{"first_name", "F"}}},
	} {
		have, err := parseRequest(text, header)
		require.NoError(t, err, text)
		require.Equal(t, want, have, text)
	}
	for text, says := range map[string]string{
		"":                "write provider:column",
		"email_check":     "write provider:column",
		"email_check:":    "write provider:column",
		":email":          "write provider:column",
		"p->u":            "write provider:column",
		"p||q:A":          "write first|second:column",
		"p:A,":            "write input=column",
		"p:x=":            "write input=column",
		"p:=A":            "write input=column",
		"p:A->":           "->output=New name",
		"p:A->u=":         "->output=New name",
		"p:A->=N":         "->output=New name",
		`p:"A`:            "a quote in a name is doubled",
		`p:"A"B"`:         "a quote in a name is doubled",
		`p:x="A"B`:        "a quote in a name is doubled",
		`p:A->u,"v`:       "a quote in a name is doubled",
		`p:"A""->u,v="x`:  "a quote in a name is doubled",
		`p:A->"u"x=Name`:  "a quote in a name is doubled",
		`p:A->u="Na"me"x`: "a quote in a name is doubled",
	} {
		_, err := parseRequest(text, header)
		require.ErrorContains(t, err, says, text)
	}
}

func TestAnyNameCanBeQuoted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a ,="|:>-]{1,8}`).Draw(t, "name")
		have, err := parseRequest("p:x="+list([]string{name}), func(string) bool { return false })
		if err != nil || len(have.inputs) != 1 || have.inputs[0] != (pair{"x", name}) {
			t.Fatalf("%q: %v %v", name, have, err)
		}
	})
}

func TestColumnsAreFound(t *testing.T) {
	t.Parallel()
	c := columns{names: []string{"Name", "Email", "email", "Phone ", "Phone ", "#1", ""}, original: 7}
	for ref, want := range map[string]int{"Name": 0, "name": 0, "Email": 1, "email": 2, "#4": 3, "#5": 4, "#1": 5, "#7": 6} {
		have, err := c.find(ref)
		require.NoError(t, err, ref)
		require.Equal(t, want, have, ref)
	}
	for ref, says := range map[string]string{
		"EMAIL": "write #2 or #3", "phone": "write #4 or #5", "Naem": "did you mean Name?", "#8": "the file has 7 columns", "#0": "no column #0", "zzzzzz": `the columns are Name, Email, email, "Phone ", "Phone ", #1, ""`,
	} {
		_, err := c.find(ref)
		require.ErrorContains(t, err, says, ref)
	}
	c.unnamed = true
	_, err := c.find("x")
	require.ErrorContains(t, err, "--header yes")
}
