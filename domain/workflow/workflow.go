package workflow

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of a workflow.
const (
	MaxVersions = 10_000
	MaxNote     = 500 // characters
)

// Version is a version of a workflow, without its graph.
type Version struct {
	Number int           `json:"version"`
	Name   string        `json:"name"`
	Note   string        `json:"note,omitempty"`
	Of     int           `json:"restored_from,omitempty" doc:"The version that it brings back."`
	By     kernel.UserID `json:"by,omitempty"`
	At     time.Time     `json:"at"`
	// Event is the number of the version's event in the workflow's stream, which holds the graph.
	Event int64 `json:"-"`
}

// Workflow is a graph with its versions. Of their graphs it keeps the newest.
type Workflow struct {
	kernel.Root
	id        kernel.WorkflowID
	workspace kernel.WorkspaceID
	graph     Graph
	versions  []Version
	published int
	hook      HookSet
	deleted   bool
	events    int64
}

// New returns a workflow without events.
func New() *Workflow { return &Workflow{} }

// In reports whether the workflow is there, and one of the workspace's.
func (w *Workflow) In(ws kernel.WorkspaceID) bool {
	return w.id != "" && w.workspace == ws && !w.deleted
}

// Graph is the newest version's.
func (w *Workflow) Graph() Graph { return w.graph }

// Workspace is whose it is.
func (w *Workflow) Workspace() kernel.WorkspaceID { return w.workspace }

// Latest is the newest version.
func (w *Workflow) Latest() Version { return w.versions[len(w.versions)-1] }

// Versions are all of them, the oldest first.
func (w *Workflow) Versions() []Version { return slices.Clone(w.versions) }

// Version is the version with the number.
func (w *Workflow) Version(number int) (Version, bool) {
	if number < 1 || number > len(w.versions) {
		return Version{}, false
	}
	return w.versions[number-1], true
}

// Published is the number of the version that is in force; 0 for none.
func (w *Workflow) Published() int { return w.published }

// Draft is what is saved as a version.
type Draft struct {
	Name  string
	Graph Graph
	Note  string
	// After is the version that the draft was made from. Another one since is a conflict: nobody's work is written over unseen.
	After int
	Of    int
	By    kernel.UserID
	At    time.Time
}

func (d Draft) validate() error {
	named := strings.TrimSpace(d.Name) != "" && utf8.ValidString(d.Name) && utf8.RuneCountInString(d.Name) <= MaxName &&
		!strings.ContainsFunc(d.Name, func(r rune) bool { return r < ' ' })
	noted := utf8.ValidString(d.Note) && utf8.RuneCountInString(d.Note) <= MaxNote && !strings.ContainsRune(d.Note, 0)
	err := kernel.Check(
		kernel.Field("name", d.Name, kernel.Holds(named, "must have 1 to %d characters", MaxName)),
		kernel.Field("note", d.Note, kernel.Holds(noted, "must have at most %d characters", MaxNote)),
	)
	if err != nil {
		return err
	}
	return d.Graph.Validate()
}

// Save keeps the draft as the next version.
func (w *Workflow) Save(id kernel.WorkflowID, ws kernel.WorkspaceID, d Draft) error {
	if err := d.validate(); err != nil {
		return err
	}
	if d.After != len(w.versions) {
		return kernel.E(kernel.KindConflict, "NEWER_VERSION", "version %d was saved meanwhile; look at it before you save yours",
			len(w.versions))
	}
	if len(w.versions) >= MaxVersions {
		return kernel.E(kernel.KindConflict, "TOO_MANY_VERSIONS", "a workflow has at most %d versions; make a copy of it", MaxVersions)
	}
	return w.Record(w, Saved{
		WorkflowID: id, Workspace: ws, Version: len(w.versions) + 1, Name: strings.TrimSpace(d.Name), Graph: d.Graph.Clean(), Note: d.Note,
		Of: d.Of, By: d.By, At: d.At,
	})
}

// Publish puts a version in force, whose graph is known to run.
func (w *Workflow) Publish(number int, g Graph, at time.Time) error {
	t, ok := g.Trigger()
	if !ok {
		return kernel.E(kernel.KindInvalid, "WORKFLOW_INVALID", "add a trigger: it says when the workflow runs")
	}
	if w.published == number {
		return nil
	}
	return w.Record(w, Published{WorkflowID: w.id, Version: number, At: at, Trigger: Trigger{
		Kind: t.Kind, TableID: t.Config.TableID, Cron: t.Config.Cron, TimeZone: t.Config.TimeZone,
	}})
}

// Unpublish stops the trigger.
func (w *Workflow) Unpublish(at time.Time) error {
	if w.published == 0 {
		return nil
	}
	return w.Record(w, Unpublished{WorkflowID: w.id, At: at})
}

// Delete ends the workflow.
func (w *Workflow) Delete() error { return w.Record(w, Deleted{WorkflowID: w.id}) }

// Apply implements kernel.Aggregate.
func (w *Workflow) Apply(e kernel.Event) error {
	w.events++
	switch e := e.(type) {
	case Saved:
		w.id, w.workspace, w.graph = e.WorkflowID, e.Workspace, e.Graph
		w.versions = append(w.versions, Version{e.Version, e.Name, e.Note, e.Of, e.By, e.At, w.events})
	case Published:
		w.published = e.Version
	case Unpublished:
		w.published = 0
	case HookSet:
		w.hook = e
	case Deleted:
		w.deleted = true
	default:
		return kernel.UnknownEvent("workflow", e)
	}
	return nil
}
