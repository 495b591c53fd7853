package httpapi

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

//go:embed presets/*.json
var presetFiles embed.FS

var _ enrichment.Preparing = (*Provider)(nil)

// Presets implements enrichment.Preparing: providers as data, by name. A new one is a file in presets, which the tests check.
func (*Provider) Presets() []enrichment.Preset {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil
	}
	out := make([]enrichment.Preset, 0, len(files))
	for _, f := range files {
		text, err := presetFiles.ReadFile("presets/" + f.Name())
		if err != nil {
			continue
		}
		var p enrichment.Preset
		if json.Unmarshal(text, &p) == nil {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b enrichment.Preset) int { return strings.Compare(a.Name, b.Name) })
	return out
}
