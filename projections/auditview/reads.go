package auditview

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Filter chooses lines; zero fields choose all.
type Filter struct {
	Activity bool          // the list of activity; else the whole audit log
	Actor    kernel.UserID // the person behind it
	Action   string        // an action, or the part before its dot
	Thing    string        // a kind of thing
	ID       string        // of a thing
	From, To time.Time
	Before   int64 // only lines with a smaller first position
	Limit    int   // 0 is all
}

// Line is a line with the present name of its thing.
type Line struct {
	Entry
	Name string
}
