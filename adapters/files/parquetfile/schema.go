package parquetfile

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// Kind is what the values of a column are.
type Kind int

// The kinds, by their logical types.
const (
	Text      Kind = iota // STRING
	Decimal               // DECIMAL: INT64 up to 18 digits, else 16 bytes
	Boolean               // BOOLEAN
	Date                  // DATE
	Timestamp             // TIMESTAMP in microseconds, adjusted to UTC
	List                  // LIST of STRING
	JSON                  // JSON
)

// MaxPrecision is how many digits a decimal may have; other programs read no more.
const MaxPrecision = 38

// int64Precision is how many digits every int64 holds.
const int64Precision = 18

// decimalBytes holds MaxPrecision digits and a sign.
const decimalBytes = 16

// Column is a column of a file.
type Column struct {
	Name string
	Kind Kind
	// Precision and Scale of a decimal: digits altogether, and of these after the point.
	Precision, Scale int
}

func (c Column) node() (parquet.Node, error) {
	switch c.Kind {
	case Text:
		return parquet.Optional(parquet.String()), nil
	case JSON:
		return parquet.Optional(parquet.JSON()), nil
	case Boolean:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType)), nil
	case Date:
		return parquet.Optional(parquet.Date()), nil
	case Timestamp:
		return parquet.Optional(parquet.Timestamp(parquet.Microsecond)), nil
	case List:
		return parquet.Optional(parquet.List(parquet.String())), nil
	case Decimal:
		if c.Precision < 1 || c.Precision > MaxPrecision || c.Scale < 0 || c.Scale > c.Precision {
			return nil, fmt.Errorf("the column %q would have %d digits, %d of them after the point", c.Name, c.Precision, c.Scale)
		}
		typ := parquet.Int64Type
		if c.Precision > int64Precision {
			typ = parquet.FixedLenByteArrayType(decimalBytes)
		}
		return parquet.Optional(parquet.Decimal(c.Scale, c.Precision, typ)), nil
	default:
		return nil, fmt.Errorf("the column %q has no kind", c.Name)
	}
}

// ordered is a group whose fields keep their order; the library's sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (o ordered) Fields() []parquet.Field { return o.fields }

func schemaOf(name string, columns []Column) (*parquet.Schema, error) {
	group := parquet.Group{}
	for _, c := range columns {
		node, err := c.node()
		if err != nil {
			return nil, err
		}
		if group[c.Name] != nil {
			return nil, fmt.Errorf("two columns are called %q", c.Name)
		}
		group[c.Name] = node
	}
	byName := map[string]parquet.Field{}
	for _, f := range group.Fields() {
		byName[f.Name()] = f
	}
	o := ordered{Group: group}
	for _, c := range columns {
		o.fields = append(o.fields, byName[c.Name])
	}
	return parquet.NewSchema(name, o), nil
}
