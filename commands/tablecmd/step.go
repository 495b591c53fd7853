package tablecmd

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// StepRecord is a step of undo as the history has it.
type StepRecord struct {
	ID        string         `json:"id"`
	Position  int64          `json:"position"` // of its first event
	Label     string         `json:"label"`
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor"`
	Cells     int            `json:"cells"`
	Rows      int            `json:"rows"`
	Kind      string         `json:"kind"`
	Money     kernel.Credits `json:"money_mc,omitempty"`
	Undone    bool           `json:"-"`
	Effective string         `json:"-"` // the step whose events undo or redo would take back
	Positions []int64        `json:"-"` // of the effective step's events, ascending
}

// Past is a value that a cell had, and the position of the event that set it.
type Past struct {
	Value    json.RawMessage
	Position int64
}

const stepPrefix = "stp"

// fresh makes a step of its own.
func (h *Handlers) fresh(label string) table.Step {
	return table.Step{Step: h.cfg.IDs.New(stepPrefix), Label: label}
}

// step makes the step of a new command: that of its gesture, if the request names one, so that one undo takes back all that the
// gesture did. A gesture belongs to its person and table; what comes after it was undone is a step of its own.
func (h *Handlers) step(ctx context.Context, meta kernel.Meta, id kernel.TableID, label string) table.Step {
	if meta.Gesture == "" {
		return h.fresh(label)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		string(meta.Actor.User()), meta.Actor.ID, string(meta.Workspace), string(id), meta.Gesture,
	}, "\x00")))
	step := stepPrefix + "_" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
	if known, err := h.cfg.History.Step(ctx, id, step, meta.Actor.User(), false); err == nil && known.Undone {
		return h.fresh(label)
	}
	return table.Step{Step: step, Label: gestureLabel(meta.Gesture, label)}
}

// gestureLabel names a gesture after the word before its first hyphen, or else after its first command.
func gestureLabel(gesture, first string) string {
	kind, _, _ := strings.Cut(gesture, "-")
	switch kind {
	case "paste":
		return "Paste"
	case "fill":
		return "Fill"
	case "clear":
		return "Clear cells"
	case "cut":
		return "Cut"
	case "replace":
		return "Find and replace"
	case "delete":
		return "Delete rows"
	case "restore":
		return "Restore to a moment"
	default:
		return first
	}
}
