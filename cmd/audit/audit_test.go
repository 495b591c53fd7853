package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPackagesThatCannotBeShippedAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ entry, want string }{
		"copyleft":             {`{"version":"1.0.0","integrity":"sha512-x","license":"GPL-3.0-only"}`, "GPL-3.0-only"},
		"unknown":              {`{"version":"1.0.0","integrity":"sha512-x"}`, `the licence ""`},
		"one half copyleft":    {`{"version":"1.0.0","integrity":"sha512-x","license":"MIT AND AGPL-3.0"}`, "AGPL-3.0"},
		"a tool's, shipped":    {`{"version":"1.0.0","integrity":"sha512-x","license":"MPL-2.0"}`, "MPL-2.0"},
		"no checksum":          {`{"version":"1.0.0","license":"MIT"}`, "no sha512 checksum"},
		"weak checksum":        {`{"version":"1.0.0","integrity":"sha1-x","license":"MIT"}`, "no sha512 checksum"},
		"from elsewhere":       {`{"version":"1.0.0","integrity":"sha512-x","license":"MIT","resolved":"https://evil.example/x.tgz"}`, "evil.example"},
		"a folder":             {`{"version":"1.0.0","integrity":"sha512-x","license":"MIT","link":true}`, "not simply from the registry"},
		"licence as an object": {`{"version":"1.0.0","integrity":"sha512-x","license":{"type":"MIT"}}`, `the licence ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, err := checkLock([]byte(`{"lockfileVersion":3,"packages":{"":{},"node_modules/x":` + c.entry + `}}`))
			require.NoError(t, err)
			require.Len(t, problems, 1)
			assert.Contains(t, problems[0], c.want)
		})
	}
	for _, entry := range []string{
		`{"version":"1.0.0","integrity":"sha512-x","license":"(GPL-3.0 OR MIT)"}`,
		`{"version":"1.0.0","integrity":"sha512-x","license":"MIT AND ISC"}`,
		`{"version":"1.0.0","integrity":"sha512-x","license":"MPL-2.0","dev":true}`,
	} {
		problems, err := checkLock([]byte(`{"lockfileVersion":3,"packages":{"":{},"node_modules/x":` + entry + `}}`))
		require.NoError(t, err)
		assert.Empty(t, problems, entry)
	}
}

func TestTheInterfacesPackagesCanBeShipped(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", lockFile))
	require.NoError(t, err)
	problems, err := checkLock(text)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

// The messages are govulncheck's own form, cut to what is read.
const stream = `{"config":{"protocol_version":"v1.0.0"}}
{"osv":{"id":"GO-2026-0001"}}
{"finding":{"osv":"GO-2026-0001","fixed_version":"v1.2.7","trace":[{"module":"example.org/a","version":"v1.2.6"}]}}
{"finding":{"osv":"GO-2026-0001","fixed_version":"v1.2.7","trace":[{"module":"example.org/a","version":"v1.2.6","package":"a","function":"Read"},{"module":"m","package":"m/x","function":"Use"}]}}
{"finding":{"osv":"GO-2026-0002","trace":[{"module":"example.org/b","version":"v4.0.0","package":"b","function":"Serve"},{"module":"m","package":"m/y","function":"Run"}]}}
{"finding":{"osv":"GO-2026-0003","trace":[{"module":"example.org/c","version":"v1.0.0","package":"c"}]}}`

func TestOnlyAcceptedVulnerabilitiesPassAndNotForEver(t *testing.T) {
	t.Parallel()
	calls, err := readFindings([]byte(stream))
	require.NoError(t, err)
	require.Len(t, calls, 2, "what is imported but not called is no finding")
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	accepted := []acceptance{{ID: "GO-2026-0002", Reason: "the function that it is about is never called", Until: "2026-12-31"}}

	problems := judge(calls, accepted, now)
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0], "GO-2026-0001 in example.org/a@v1.2.6, reached from m/x.Use: update to v1.2.7")

	problems = judge(calls[1:], accepted, now.AddDate(0, 2, 0))
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0], "look at it again")

	problems = judge(calls[:0], accepted, now)
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0], "no longer found")
}

func TestAnAcceptanceNeedsAReasonAndAnEnd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[{"id":"GO-1","reason":"because","until":"2027-01-01"}]`,
		`[{"id":"GO-1","reason":"the function that it is about is never called"}]`,
		`[{"reason":"the function that it is about is never called","until":"2027-01-01"}]`,
		`[{"id":"GO-1","reason":"the function that it is about is never called","until":"2027-01-01","forever":true}]`,
	} {
		_, err := readAccepted([]byte(text))
		require.Error(t, err, text)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", acceptedFile))
	require.NoError(t, err)
	_, err = readAccepted(text)
	require.NoError(t, err)
}
