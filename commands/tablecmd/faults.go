package tablecmd

import (
	"fmt"

	"github.com/morket/morket/domain/kernel"
)

// faults collects what is wrong with parts of a call.
type faults struct {
	by        map[int]kernel.Detail
	order     []int
	conflicts int
}

func (f *faults) add(i int, field, format string, args ...any) {
	if f.by == nil {
		f.by = map[int]kernel.Detail{}
	}
	if _, again := f.by[i]; again {
		return
	}
	f.by[i] = kernel.Detail{Field: field, Message: fmt.Sprintf(format, args...)}
	f.order = append(f.order, i)
}

func (f *faults) conflict(i int, field, format string, args ...any) {
	f.add(i, field, format, args...)
	f.conflicts++
}

func (f *faults) any() bool { return len(f.order) > 0 }

func (f *faults) at(i int) (string, bool) {
	d, ok := f.by[i]
	return d.Message, ok
}

// maxDetails is how many faults an answer lists.
const maxDetails = 100

// err is the answer to a call that is refused as a whole.
func (f *faults) err() error {
	first := f.by[f.order[0]]
	e := kernel.E(kernel.KindInvalid, "VALIDATION_FAILED", "%s: %s", first.Field, first.Message)
	if f.conflicts > 0 {
		e = kernel.E(kernel.KindConflict, "VERSION_CONFLICT", "%d of the cells were changed since the version that you saw; nothing was written",
			f.conflicts)
	} else if n := len(f.order); n > 1 {
		e.Message = fmt.Sprintf("%s (and %d more; nothing was written)", e.Message, n-1)
	}
	for _, i := range f.order {
		if len(e.Details) == maxDetails {
			break
		}
		e.Details = append(e.Details, f.by[i])
	}
	return e
}
