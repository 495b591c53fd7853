package historyview

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// StepAt is an event as the step of undo to which it belongs tells of it.
type StepAt struct {
	Position int64     `json:"position"`
	At       time.Time `json:"at"`
	Step     string    `json:"step"`
	Kind     string    `json:"kind" doc:"insert, delete, restore, import, run, column, table, or an edit's source."`
	Label    string    `json:"label"`
	Actor    Actor     `json:"actor"`
}

// TickKind is what a tick of a timeline marks.
type TickKind string

// The kinds of ticks.
const (
	EditTick      TickKind = "edit"
	ImportTick    TickKind = "import"
	RunTick       TickKind = "run"
	StructureTick TickKind = "structure"
	UndoTick      TickKind = "undo"
	RestoreTick   TickKind = "restore"
)

// tickKinds is how many kinds there are.
const tickKinds = 6

func tickKind(kind string) TickKind {
	switch kind {
	case string(table.FromImport):
		return ImportTick
	case string(table.FromRun), string(table.FromSync):
		return RunTick
	case string(table.FromUndo), string(table.FromRedo):
		return UndoTick
	case string(table.FromRestore):
		return RestoreTick
	case "column", "table":
		return StructureTick
	default:
		return EditTick
	}
}

// Tick marks what happened to a table in a row: a step, or many that lie too close to be told apart.
type Tick struct {
	First    int64         `json:"first" doc:"Position of its first event."`
	Position int64         `json:"position" doc:"Of its last event: as of it, all of the tick has happened."`
	At       time.Time     `json:"at" doc:"When the last event was."`
	Kind     TickKind      `json:"kind" enum:"edit,import,run,structure,undo,restore"`
	Step     string        `json:"step,omitempty" doc:"Of a tick of one step."`
	Label    string        `json:"label,omitempty" doc:"What the step did."`
	Steps    int           `json:"steps"`
	Events   int           `json:"events"`
	User     kernel.UserID `json:"user_id,omitempty" doc:"The person, if it was one."`
	Name     string        `json:"name,omitempty"`
}

// add takes an event in.
func (t *Tick) add(e StepAt) {
	t.Position, t.At = e.Position, e.At
	t.Events++
	if e.Step != t.Step {
		t.Steps++
		t.Step, t.Label = "", ""
	}
	if e.Actor.User != t.User {
		t.User = ""
	}
}

func begin(e StepAt) Tick {
	return Tick{
		First: e.Position, Position: e.Position, At: e.At, Kind: tickKind(e.Kind), Step: e.Step, Label: e.Label, Steps: 1, Events: 1,
		User: e.Actor.User,
	}
}

// Ticks marks events (in their order) by at most limit ticks: one for each step, or if these are too many, one for each kind in each of
// equally long stretches of time.
func Ticks(events []StepAt, limit int) []Tick {
	out := []Tick{}
	for _, e := range events {
		if n := len(out); n > 0 && out[n-1].Step == e.Step {
			out[n-1].add(e)
			continue
		}
		if len(out) == limit {
			return stretches(events, max(1, limit/tickKinds-1))
		}
		out = append(out, begin(e))
	}
	return out
}

func stretches(events []StepAt, n int) []Tick {
	type place struct {
		stretch int64
		kind    TickKind
	}
	first := events[0].At
	width := max(1, events[len(events)-1].At.Sub(first)/time.Duration(n)+1)
	at := map[place]int{}
	last := map[place]string{}
	var out []Tick
	for _, e := range events {
		p := place{int64(max(0, e.At.Sub(first)) / width), tickKind(e.Kind)}
		i, ok := at[p]
		if !ok {
			at[p], last[p] = len(out), e.Step
			out = append(out, begin(e))
			continue
		}
		steps := out[i].Steps
		out[i].add(e)
		if last[p] == e.Step {
			out[i].Steps = steps
		}
		last[p] = e.Step
	}
	slices.SortStableFunc(out, func(a, b Tick) int { return int(a.Position - b.Position) })
	return out
}
