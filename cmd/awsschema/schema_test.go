package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const small = `{
  "provider": {"attributes": {"region": {"type": "string", "optional": true}}},
  "resources": {"aws_thing": {
    "attributes": {
      "name": {"type": "string", "required": true},
      "password_wo": {"type": "string", "optional": true, "write_only": true},
      "zones": {"type": ["set", "string"], "optional": true, "computed": true},
      "counts": {"type": ["map", ["list", "number"]], "computed": true}
    },
    "blocks": {"rule": {"nesting": "set", "min": 1, "block": {"attributes": {"on": {"type": "bool", "required": true}}}}}
  }},
  "ephemeral_resources": {"aws_passing": {"attributes": {"value": {"type": "dynamic", "computed": true}}}}
}`

func read(t *testing.T, text string) (*tfprotov6.GetProviderSchemaResponse, error) {
	t.Helper()
	var d document
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return d.response()
}

func TestTheSchemaIsServedAsItIsWritten(t *testing.T) {
	t.Parallel()
	reply, err := read(t, small)
	require.NoError(t, err)
	thing := reply.ResourceSchemas["aws_thing"].Block
	require.Len(t, thing.Attributes, 4)
	assert.Equal(t, &tfprotov6.SchemaAttribute{
		Name: "counts", Computed: true, Type: tftypes.Map{ElementType: tftypes.List{ElementType: tftypes.Number}},
	}, thing.Attributes[0])
	assert.True(t, thing.Attributes[1].Required, "name is required")
	assert.True(t, thing.Attributes[2].WriteOnly, "password_wo stays out of the state")
	assert.Equal(t, tftypes.Set{ElementType: tftypes.String}, thing.Attributes[3].Type)
	require.Len(t, thing.BlockTypes, 1)
	assert.Equal(t, tfprotov6.SchemaNestedBlockNestingModeSet, thing.BlockTypes[0].Nesting)
	assert.EqualValues(t, 1, thing.BlockTypes[0].MinItems)
	assert.Contains(t, reply.EphemeralResourceSchemas, "aws_passing")
}

func TestWhatIsNoSchemaIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"resources": {"aws_x": {"attributes": {"a": {"type": "colour"}}}}}`:                        `aws_x: a: unknown type "colour"`,
		`{"resources": {"aws_x": {"attributes": {"a": {"type": ["heap", "string"]}}}}}`:              `aws_x: a: unknown collection "heap"`,
		`{"resources": {"aws_x": {"attributes": {"a": {"type": ["list"]}}}}}`:                        `aws_x: a: not a type: ["list"]`,
		`{"data_sources": {"aws_x": {"blocks": {"b": {"nesting": "ring"}}}}}`:                        `aws_x: b: unknown nesting "ring"`,
		`{"resources": {"aws_x": {"blocks": {"b": {"block": {"attributes": {"a": {"type": 1}}}}}}}}`: `aws_x: b: a: not a type: 1`,
		`{"provider": {"attributes": {"region": {"type": "place"}}}}`:                                `the provider: region: unknown type "place"`,
		`{"ephemeral_resources": {"aws_x": {"attributes": {"a": {"type": ["set", ["set", "z"]]}}}}}`: `aws_x: a: unknown type "z"`,
	} {
		_, err := read(t, text)
		assert.EqualError(t, err, want)
	}
}

func TestItNeedsAFile(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(""), "AWS_SCHEMA names no file")
	require.ErrorIs(t, run(filepath.Join(t.TempDir(), "none")), os.ErrNotExist)
	broken := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	require.ErrorContains(t, run(broken), "read the schema")
}
