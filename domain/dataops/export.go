package dataops

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// ExportState is where an export stands.
type ExportState string

// The states.
const (
	ExportRunning   ExportState = "running"
	ExportReady     ExportState = "ready"
	ExportGivenUp   ExportState = "failed"
	ExportStopped   ExportState = "cancelled"
	ExportTimedOver ExportState = "expired"
)

// Limits of a workspace's exports.
const (
	MaxRunningExports = 3
	MaxListedExports  = 50 // the newest; those that are running or have a file are always among them
	MaxReadyExports   = 20
	ExportLasts       = 24 * time.Hour // a file, from when it is ready
)

// Export is a file that is made of a table in the background.
type Export struct {
	ID        kernel.ExportID
	Workspace kernel.WorkspaceID
	TableID   kernel.TableID
	Name      string
	Ask       ExportAsk
	By        kernel.UserID
	State     ExportState
	Total     int64 // rows of the table when it was asked for
	Rows      int64 // written
	Object    string
	Size      int64
	ExpiresAt time.Time
	Reason    string
}

// Live reports whether a file may lie in the object store for it.
func (e Export) Live() bool { return e.State == ExportRunning || e.State == ExportReady }

// Exports are those of a workspace. They are one aggregate, so that how many are under way at once is decided with each.
type Exports struct {
	kernel.Root

	list []Export // the oldest first
}

// NewExports returns a workspace's exports before the first.
func NewExports() *Exports { return &Exports{} }

// List returns them, the newest first.
func (x *Exports) List() []Export {
	out := slices.Clone(x.list)
	slices.Reverse(out)
	return out
}

// Find returns one of them.
func (x *Exports) Find(id kernel.ExportID) (Export, bool) {
	if i := x.at(id); i >= 0 {
		return x.list[i], true
	}
	return Export{}, false
}

func (x *Exports) at(id kernel.ExportID) int {
	return slices.IndexFunc(x.list, func(e Export) bool { return e.ID == id })
}

// Request begins an export.
func (x *Exports) Request(e ExportRequested) error {
	running, ready := 0, 0
	for _, have := range x.list {
		switch have.State {
		case ExportRunning:
			running++
		case ExportReady:
			ready++
		default:
		}
	}
	if running >= MaxRunningExports {
		return kernel.E(kernel.KindConflict, "TOO_MANY_EXPORTS", "%d exports are under way; wait until one has ended, or cancel one", running)
	}
	if ready >= MaxReadyExports {
		return kernel.E(kernel.KindConflict, "TOO_MANY_EXPORTS", "%d exported files are kept; remove one that is no longer needed", ready)
	}
	return x.Record(x, e)
}

// Progress says how many rows have been written. One that is no longer running is refused, which ends its writer.
func (x *Exports) Progress(id kernel.ExportID, rows int64) error {
	if err := x.running(id); err != nil {
		return err
	}
	return x.Record(x, ExportProgressed{ExportID: id, Rows: rows})
}

// Finish says that the file is there.
func (x *Exports) Finish(e ExportFinished) error {
	if err := x.running(e.ExportID); err != nil {
		return err
	}
	return x.Record(x, e)
}

// Fail gives the export up.
func (x *Exports) Fail(id kernel.ExportID, reason string) error {
	if err := x.running(id); err != nil {
		return err
	}
	return x.Record(x, ExportFailed{ExportID: id, Reason: reason})
}

// Cancel stops the export, or lets its file go. Doing it twice is doing it once.
func (x *Exports) Cancel(id kernel.ExportID) error {
	e, ok := x.Find(id)
	switch {
	case !ok:
		return kernel.NotFound("export", string(id))
	case e.State == ExportStopped:
		return nil
	case !e.Live():
		return kernel.E(kernel.KindConflict, "EXPORT_STATE", "the export is %s, so this is not possible now", e.State)
	}
	return x.Record(x, ExportCancelled{ExportID: id})
}

// Expire lets a file go whose time is over; another one stays.
func (x *Exports) Expire(id kernel.ExportID, now time.Time) error {
	if e, ok := x.Find(id); !ok || e.State != ExportReady || now.Before(e.ExpiresAt) {
		return nil
	}
	return x.Record(x, ExportExpired{ExportID: id})
}

func (x *Exports) running(id kernel.ExportID) error {
	e, ok := x.Find(id)
	if !ok {
		return kernel.NotFound("export", string(id))
	}
	if e.State != ExportRunning {
		return kernel.E(kernel.KindConflict, "EXPORT_STATE", "the export is %s", e.State)
	}
	return nil
}

// Apply implements kernel.Aggregate.
func (x *Exports) Apply(event kernel.Event) error {
	change := func(id kernel.ExportID, fn func(*Export)) {
		if i := x.at(id); i >= 0 {
			fn(&x.list[i])
		}
	}
	switch e := event.(type) {
	case ExportRequested:
		x.list = append(x.list, Export{
			ID: e.ExportID, Workspace: e.Workspace, TableID: e.TableID, Name: e.Name, Ask: e.Ask, By: e.By, State: ExportRunning, Total: e.Rows,
		})
		x.forget()
	case ExportProgressed:
		change(e.ExportID, func(have *Export) { have.Rows = e.Rows })
	case ExportFinished:
		change(e.ExportID, func(have *Export) {
			have.State, have.Object, have.Size, have.Rows, have.ExpiresAt = ExportReady, e.Object, e.Size, e.Rows, e.ExpiresAt
		})
	case ExportFailed:
		change(e.ExportID, func(have *Export) { have.State, have.Reason = ExportGivenUp, e.Reason })
	case ExportCancelled:
		change(e.ExportID, func(have *Export) { have.State = ExportStopped })
	case ExportExpired:
		change(e.ExportID, func(have *Export) { have.State = ExportTimedOver })
	default:
		return kernel.UnknownEvent("exports", event)
	}
	return nil
}

// forget drops the oldest that are over, beyond what is listed.
func (x *Exports) forget() {
	for len(x.list) > MaxListedExports {
		i := slices.IndexFunc(x.list, func(e Export) bool { return !e.Live() })
		if i < 0 {
			return
		}
		x.list = slices.Delete(x.list, i, i+1)
	}
}
