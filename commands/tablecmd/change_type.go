package tablecmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// ChangeType changes a column's type and converts its values.
type ChangeType struct {
	Table   kernel.TableID
	Column  kernel.ColumnID
	Type    table.Type
	Options []table.Option
	// Form is how the values are written that are read as the new type, and Format.Currency the currency of amounts; what is not
	// given is found from all values.
	Form   *table.Form
	Format *table.NumberFormat
	Lossy  bool // values that don't convert may become empty
	DryRun bool
}

// Sample is a value that doesn't convert.
type Sample struct {
	RowID kernel.RowID    `json:"row_id"`
	Value json.RawMessage `json:"value"`
}

// ChangedType is the answer: how many values convert, and some of those that don't; for text that is read as numbers or dates
// also in which form, and what other forms there are.
type ChangedType struct {
	Converted     int                `json:"converted"`
	Unconvertible int                `json:"unconvertible"`
	Samples       []Sample           `json:"samples"`
	Form          *table.Form        `json:"form,omitempty" doc:"The form in which the values are read."`
	Currency      string             `json:"currency,omitempty"`
	Open          []table.OpenChoice `json:"open,omitempty" doc:"What the values leave open: give the form."`
	Choices       []table.Choice     `json:"choices,omitempty" doc:"The forms that are possible, the best one first."`
	ReadAs        []ReadAs           `json:"read_as,omitempty" doc:"Some values and what they become."`
}

// ReadAs is a value and what it becomes.
type ReadAs struct {
	RowID kernel.RowID    `json:"row_id"`
	Value json.RawMessage `json:"value"`
	As    json.RawMessage `json:"as"`
}

const (
	maxSamples = 10
	scanPage   = 5_000
)

// ChangeType carries out ChangeType. It looks at every value first and refuses to lose one unless told so. The options that a
// select needs are made of the values; the form that numbers and dates are read in is found from all of them.
func (h *Handlers) ChangeType(ctx context.Context, meta kernel.Meta, cmd ChangeType) (commands.Result[ChangedType], error) {
	step := h.fresh("Change type") // never part of a gesture: what its other commands set could not be told apart from what it converts
	if !cmd.Type.Known() {
		return commands.Result[ChangedType]{}, kernel.Invalid("type", "%q is not a column type", cmd.Type)
	}
	reader, err := h.reader(ctx, meta.Workspace)
	if err != nil {
		return commands.Result[ChangedType]{}, err
	}
	return eventstore.Retry(ctx, func(int) (commands.Result[ChangedType], error) {
		c := &typeChange{h: h, meta: meta, cmd: cmd, by: table.RulesNow(reader.Zone)}
		done, err := c.run(ctx, step)
		if err != nil {
			return commands.Result[ChangedType]{}, err
		}
		return commands.Reply(done, c.answer)
	})
}
