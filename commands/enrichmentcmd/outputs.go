package enrichmentcmd

import (
	"slices"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// NewOutput asks for a column that a further field of the accepted answer goes into.
type NewOutput struct {
	Output string     `json:"output" doc:"The provider's field."`
	Name   string     `json:"name" doc:"Of the column."`
	Type   table.Type `json:"type"`
}

// addOutputs adds the columns after the given one, and returns the configuration with them. They are data columns: what is in them stays
// when the enrichment goes.
func (h *Handlers) addOutputs(
	t *table.Table, c enrichment.Config, list []NewOutput, after kernel.ColumnID, step table.Step,
) (enrichment.Config, error) {
	if len(c.Outputs)+len(list) > enrichment.MaxOutputs {
		return c, kernel.Invalid("new_outputs", "at most %d further outputs", enrichment.MaxOutputs)
	}
	c.Outputs = slices.Clone(c.Outputs)
	for _, o := range list {
		col, err := t.AddColumn(table.Maker{IDs: h.IDs, Clock: h.Clock}, table.Draft{Name: o.Name, Type: o.Type, Kind: table.Data}, after, step)
		if err != nil {
			return c, err
		}
		c.Outputs = append(c.Outputs, enrichment.Output{Output: o.Output, ColumnID: col.ID})
		after = col.ID
	}
	return c, nil
}

// withoutGone leaves out the outputs whose column was deleted: the others of the same answer are wanted still, and the column may come
// back.
func withoutGone(c enrichment.Config, s table.Schema) enrichment.Config {
	c.Outputs = slices.DeleteFunc(slices.Clone(c.Outputs), func(o enrichment.Output) bool {
		_, live := s.Column(o.ColumnID)
		return !live
	})
	return c
}
