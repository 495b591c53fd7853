package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// document is the schema as infra/check/schema.js writes it.
type document struct {
	Provider           block            `json:"provider"`
	Resources          map[string]block `json:"resources"`
	DataSources        map[string]block `json:"data_sources"`
	EphemeralResources map[string]block `json:"ephemeral_resources"`
}

type block struct {
	Attributes map[string]attribute `json:"attributes"`
	Blocks     map[string]nested    `json:"blocks"`
}

type attribute struct {
	Type      json.RawMessage `json:"type"`
	Required  bool            `json:"required"`
	Optional  bool            `json:"optional"`
	Computed  bool            `json:"computed"`
	WriteOnly bool            `json:"write_only"`
}

type nested struct {
	Nesting string `json:"nesting"`
	Min     int64  `json:"min"`
	Block   block  `json:"block"`
}

// response is the answer to the question for the whole schema.
func (d document) response() (*tfprotov6.GetProviderSchemaResponse, error) {
	provider, err := d.Provider.schema()
	if err != nil {
		return nil, fmt.Errorf("the provider: %w", err)
	}
	out := &tfprotov6.GetProviderSchemaResponse{
		Provider:           &tfprotov6.Schema{Block: provider},
		ServerCapabilities: &tfprotov6.ServerCapabilities{GetProviderSchemaOptional: true},
	}
	if out.ResourceSchemas, err = schemas(d.Resources); err != nil {
		return nil, err
	}
	if out.DataSourceSchemas, err = schemas(d.DataSources); err != nil {
		return nil, err
	}
	out.EphemeralResourceSchemas, err = schemas(d.EphemeralResources)
	return out, err
}

func schemas(blocks map[string]block) (map[string]*tfprotov6.Schema, error) {
	out := make(map[string]*tfprotov6.Schema, len(blocks))
	for name, b := range blocks {
		s, err := b.schema()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = &tfprotov6.Schema{Block: s}
	}
	return out, nil
}

func (b block) schema() (*tfprotov6.SchemaBlock, error) {
	out := &tfprotov6.SchemaBlock{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a := b.Attributes[name]
		kind, err := typeOf(a.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out.Attributes = append(out.Attributes, &tfprotov6.SchemaAttribute{
			Name: name, Type: kind, Required: a.Required, Optional: a.Optional, Computed: a.Computed, WriteOnly: a.WriteOnly,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(b.Blocks)) {
		n := b.Blocks[name]
		inner, err := n.Block.schema()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		mode, ok := modes()[n.Nesting]
		if !ok {
			return nil, fmt.Errorf("%s: unknown nesting %q", name, n.Nesting)
		}
		s := &tfprotov6.SchemaNestedBlock{TypeName: name, Nesting: mode, Block: inner}
		if n.Nesting == "list" || n.Nesting == "set" {
			s.MinItems = n.Min
		}
		out.BlockTypes = append(out.BlockTypes, s)
	}
	return out, nil
}

func modes() map[string]tfprotov6.SchemaNestedBlockNestingMode {
	return map[string]tfprotov6.SchemaNestedBlockNestingMode{
		"list": tfprotov6.SchemaNestedBlockNestingModeList, "set": tfprotov6.SchemaNestedBlockNestingModeSet,
		"map": tfprotov6.SchemaNestedBlockNestingModeMap, "single": tfprotov6.SchemaNestedBlockNestingModeSingle,
	}
}

// typeOf reads a type: a name, or a kind of collection with the type of its elements.
func typeOf(text json.RawMessage) (tftypes.Type, error) {
	var name string
	if json.Unmarshal(text, &name) == nil {
		switch name {
		case "string":
			return tftypes.String, nil
		case "number":
			return tftypes.Number, nil
		case "bool":
			return tftypes.Bool, nil
		case "dynamic":
			return tftypes.DynamicPseudoType, nil
		}
		return nil, fmt.Errorf("unknown type %q", name)
	}
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil || len(pair) != 2 { //nolint:mnd // a kind and a type
		return nil, fmt.Errorf("not a type: %s", text)
	}
	element, err := typeOf(pair[1])
	if err != nil {
		return nil, err
	}
	switch string(pair[0]) {
	case `"list"`:
		return tftypes.List{ElementType: element}, nil
	case `"set"`:
		return tftypes.Set{ElementType: element}, nil
	case `"map"`:
		return tftypes.Map{ElementType: element}, nil
	}
	return nil, fmt.Errorf("unknown collection %s", pair[0])
}
