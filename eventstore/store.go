package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// StreamID names a stream: a category, a hyphen, and the id of the thing whose events it holds ("table-tbl_01…").
type StreamID string

// Stream makes a stream's name.
func Stream(category, id string) StreamID { return StreamID(category + "-" + id) }

// Category returns the part before the hyphen.
func (s StreamID) Category() string {
	c, _, _ := strings.Cut(string(s), "-")
	return c
}

// ID returns the part after the hyphen.
func (s StreamID) ID() string {
	_, id, _ := strings.Cut(string(s), "-")
	return id
}

// Expected is the version that a stream must have for an append to be taken. A stream's first event has version 1, so
// Expected(0) is a stream that does not exist yet.
type Expected int64

// Special expectations.
const (
	Any      Expected = -1 // whatever the version is
	NoStream Expected = 0  // nothing in it yet
)

// EventData is an event on its way into the log.
type EventData struct {
	Type string          // "table.cells_edited.v1"
	Data json.RawMessage // a JSON object
}

// StreamAppend adds events to one stream. With no events it is a guard: the append is taken only if the stream has the
// expected version, and nothing is added to it.
type StreamAppend struct {
	Stream   StreamID
	Expected Expected
	Events   []EventData
}

// Append is one atomic addition to the log: all of it, or nothing.
type Append struct {
	Meta kernel.Meta
	// Streams are appended in order; their events get consecutive positions.
	Streams []StreamAppend
	// Result is what the command answers; it is kept with the idempotency key (Meta.IdempotencyKey) and given again to a repeat.
	Result json.RawMessage
	// KeepKey keeps the idempotency key for ever; without it a key lives at least 24 hours.
	KeepKey bool
}

// Appended says where an append stands in the log.
type Appended struct {
	First, Last int64 // positions; both are 0 if the append held guards only
	// Replayed says that the key had been used for the same request before: nothing was appended now, and First, Last and
	// Result are those of the first time.
	Replayed bool
	Result   json.RawMessage
	// Versions are the streams' versions after the append, in the order of Append.Streams. Nil on a replay.
	Versions []int64
}

// Recorded is an event in the log.
type Recorded struct {
	Position   int64
	Stream     StreamID
	Version    int64
	Workspace  kernel.WorkspaceID // empty for what belongs to no workspace
	Type       string
	Data       json.RawMessage
	Metadata   json.RawMessage // a kernel.Meta; Meta decodes it
	RecordedAt time.Time
}

// Meta decodes the metadata.
func (r Recorded) Meta() (kernel.Meta, error) {
	var m kernel.Meta
	if err := json.Unmarshal(r.Metadata, &m); err != nil {
		return m, fmt.Errorf("metadata of event %d: %w", r.Position, err)
	}
	return m, nil
}

// Command is what is kept of a request that carried an idempotency key.
type Command struct {
	Key         string
	Fingerprint string
	First, Last int64
	Result      json.RawMessage
	RecordedAt  time.Time
}

// Writer appends to the log.
type Writer interface {
	// Append adds to the log. It answers *ConflictError when a stream is not at its expected version, ErrKeyReused when the
	// key was used for another request, ErrBusy when too much is waiting, ErrUnknownOutcome when the answer was lost (repeat
	// with the same key to learn it).
	Append(ctx context.Context, a Append) (Appended, error)
	// AppendChain carries out appends in their order, each on the condition that the one before it was taken just now: so who
	// decided about each on what the one before it leaves is never wrong about what the log holds, which expected versions alone
	// can't promise, since an append of somebody else may have made the same version. It stops at the first that is not taken:
	// done has the answers up to there. Then either the last of them is a replay, or err says why the next one was refused, with
	// the errors of Append; ErrUnknownOutcome holds for all from there on. Keys must differ within a chain; one bad append, or a
	// chain above MaxAppendBytes, is refused with the whole chain.
	AppendChain(ctx context.Context, chain []Append) (done []Appended, err error)
	// Command looks up a request by its idempotency key.
	Command(ctx context.Context, key string) (Command, bool, error)
}

// Reader reads the log.
type Reader interface {
	// ReadStream returns events of the stream with version > after, in order, at most limit and at most a few megabytes.
	ReadStream(ctx context.Context, stream StreamID, after int64, limit int) ([]Recorded, error)
	// ReadAll returns events with position > after, in order and without a gap, at most limit and at most a few megabytes.
	ReadAll(ctx context.Context, after int64, limit int) ([]Recorded, error)
	// ReadPositions returns the events at the positions (ascending), for an index over the log.
	ReadPositions(ctx context.Context, positions []int64) ([]Recorded, error)
	// StreamVersion returns the stream's version, 0 if it does not exist.
	StreamVersion(ctx context.Context, stream StreamID) (int64, error)
	// Head returns the position of the last event.
	Head(ctx context.Context) (int64, error)
}

// WorkspaceReader reads one workspace's part of the log, as the change feed and the activity list do. Both stores are one.
type WorkspaceReader interface {
	// ReadWorkspace returns events of the workspace with position > after, in order, at most limit and at most a few megabytes.
	ReadWorkspace(ctx context.Context, workspace kernel.WorkspaceID, after int64, limit int) ([]Recorded, error)
}

// Notifier tells when the log has grown.
type Notifier interface {
	// Appended returns a channel that is closed when something was appended after the call. Whoever reads the log asks for the
	// channel first, reads, then waits on it; a floor of polling covers what other processes append.
	Appended() <-chan struct{}
}

// Snapshot is an aggregate's state at a version of its stream.
type Snapshot struct {
	Version int64
	Schema  int // of the state's shape; one that differs from the aggregate's own is ignored
	State   json.RawMessage
}

// Snapshots keeps snapshots. They are a cache of the log: losing them costs time only.
type Snapshots interface {
	LoadSnapshot(ctx context.Context, stream StreamID) (Snapshot, bool, error)
	SaveSnapshot(ctx context.Context, stream StreamID, s Snapshot) error
}

// Store is the whole log.
type Store interface {
	Writer
	Reader
	Notifier
	Snapshots
}

// What Append may answer besides *ConflictError.
var (
	ErrKeyReused      = errors.New("the idempotency key was used for another request")
	ErrBusy           = errors.New("the log has too many appends waiting")
	ErrUnknownOutcome = errors.New("the connection was lost before the log answered; the append may or may not have happened")
)

// ConflictError says that a stream was not at the expected version.
type ConflictError struct {
	Stream   StreamID
	Expected Expected
	Actual   int64
}

// Error tells both versions.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("stream %s is at version %d, expected %d", e.Stream, e.Actual, e.Expected)
}

// IsConflict reports whether err is a *ConflictError.
func IsConflict(err error) bool {
	var c *ConflictError
	return errors.As(err, &c)
}
