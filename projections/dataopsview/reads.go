package dataopsview

import (
	"github.com/morket/morket/domain/kernel"
)

// Only limits a list to what is of some tables, and to the files of one uploader that are of no table yet; without tables it limits
// nothing.
type Only struct {
	Tables   []kernel.TableID
	Uploader string
}
