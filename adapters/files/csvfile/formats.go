package csvfile

import (
	"io"

	"github.com/morket/morket/domain/dataops"
)

// Formats reads every format that can be imported.
type Formats struct{}

// Inspect returns an inspector for one file.
func (Formats) Inspect() dataops.Inspector { return &Inspector{} }

// Read is NewReader.
func (Formats) Read(src io.Reader, o dataops.ReadOptions) (dataops.Records, error) {
	return NewReader(src, o)
}
