package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
)

// TestPresetsAreWhatTheySay: each file is a config that can be saved, whose outputs are all found in the answer that the API documents.
func TestPresetsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	p := provider(safedial.Config{})
	presets := p.Presets()
	files, err := os.ReadDir("presets")
	require.NoError(t, err)
	require.Len(t, presets, len(files))
	require.GreaterOrEqual(t, len(presets), 8)
	for _, preset := range presets {
		file, err := os.ReadFile("presets/" + preset.Slug + ".json")
		require.NoError(t, err, "a file has its preset's slug for a name")
		strict := json.NewDecoder(bytes.NewReader(file))
		strict.DisallowUnknownFields()
		require.NoError(t, strict.Decode(&enrichment.Preset{}), preset.Slug)

		fields, err := p.CheckConfig(preset.Config)
		require.NoError(t, err, preset.Slug)
		_, found := enrichment.FieldOf(fields, preset.Output)
		require.True(t, found, "%s has no output %s", preset.Slug, preset.Output)
		require.True(t, p.IdempotentWith(preset.Config), preset.Slug)
		require.NotEmpty(t, preset.Description, preset.Slug)
		for _, address := range []string{preset.Docs, p.Destination(preset.Config, nil)} {
			u, err := url.Parse(address)
			require.True(t, err == nil && (address == "" || u.Scheme == "https"), "%s: %s", preset.Slug, address)
		}
		checkKey(t, preset)
		checkInputs(t, preset)

		v, err := answer.Decode(preset.Example)
		require.NoError(t, err, preset.Slug)
		reply, err := p.Take(t.Context(), preset.Config, paged(t, preset, v))
		require.NoError(t, err, preset.Slug)
		require.NoError(t, enrichment.CheckReply(fields, reply.Outputs), preset.Slug)
		for _, f := range fields {
			require.Contains(t, reply.Outputs, f.Name, "the example of %s has no %s", preset.Slug, f.Name)
		}
	}
}

// paged is what the outputs see of a page, where the config asks for several.
func paged(t *testing.T, preset enrichment.Preset, v any) any {
	t.Helper()
	var c struct {
		Paging *struct{ Items string }
	}
	require.NoError(t, json.Unmarshal(preset.Config, &c))
	if c.Paging == nil || c.Paging.Items == "" {
		return v
	}
	path, err := answer.ParsePath(c.Paging.Items)
	require.NoError(t, err)
	found, err := answer.Of(v).Get(t.Context(), path, 10)
	require.NoError(t, err)
	require.Len(t, found, 1, preset.Slug)
	return found[0]
}

// checkKey: an API that takes a key says how one is got and where it goes, which is the host that is asked.
func checkKey(t *testing.T, preset enrichment.Preset) {
	t.Helper()
	var c struct {
		URL  string
		Auth struct{ Kind string }
	}
	require.NoError(t, json.Unmarshal(preset.Config, &c))
	u, err := url.Parse(c.URL)
	require.NoError(t, err)
	require.Equal(t, preset.Key.Need == "required", c.Auth.Kind != "", preset.Slug)
	switch preset.Key.Need {
	case "none":
		require.Empty(t, preset.Key.Hosts, preset.Slug)
	case "optional", "required":
		require.Equal(t, []string{u.Hostname()}, preset.Key.Hosts, preset.Slug)
		require.NotEmpty(t, preset.Key.How, preset.Slug)
	default:
		require.Fail(t, "a key is none, optional or required", preset.Slug)
	}
}

// checkInputs: the inputs are the names in double braces.
func checkInputs(t *testing.T, preset enrichment.Preset) {
	t.Helper()
	var named []string
	for _, m := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(string(preset.Config), -1) {
		named = append(named, m[1])
	}
	var inputs []string
	for _, in := range preset.Inputs {
		inputs = append(inputs, in.Name)
		require.NotEmpty(t, in.Label, preset.Slug)
		require.NotEmpty(t, in.Sample, preset.Slug)
	}
	require.ElementsMatch(t, named, inputs, preset.Slug)
}
