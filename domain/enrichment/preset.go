package enrichment

import "encoding/json"

// Preset is a provider as data: the config of a dynamic provider for an API that many have use for.
type Preset struct {
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Docs        string `json:"docs" doc:"The page with the API's documentation."`
	// Key says what key the API takes.
	Key PresetKey `json:"key"`
	// Inputs are the names in double braces in the config.
	Inputs []PresetInput   `json:"inputs"`
	Config json.RawMessage `json:"config"`
	Output string          `json:"output" doc:"The output that is the value, unless another is chosen."`
	// Example is an answer as the API documents it, made short.
	Example json.RawMessage `json:"example"`
}

// PresetInput is a value that a preset's request holds.
type PresetInput struct {
	Name   string `json:"name"`
	Label  string `json:"label"`
	Sample string `json:"sample"`
}

// PresetKey is the key that a preset's API takes.
type PresetKey struct {
	Need  string   `json:"need" enum:"none,optional,required"`
	Hosts []string `json:"hosts" doc:"Those that the credential is made for."`
	How   string   `json:"how,omitempty" doc:"How a key is got, and what it is good for."`
}

// Preparing is a dynamic Caller that has presets.
type Preparing interface {
	Presets() []Preset
}

// Presets are those of the provider, none if it has none; false if there is no such provider.
func (r *Registry) Presets(slug string) ([]Preset, bool) {
	c, ok := r.callers[slug]
	if !ok {
		return nil, false
	}
	if p, can := c.(Preparing); can {
		return p.Presets(), true
	}
	return []Preset{}, true
}
