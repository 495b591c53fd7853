package logmsg

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Topic is the bus topic of the log.
const Topic = "morket.log"

// MaxBytes is the size of a message's payload. A single event larger than that travels alone.
const MaxBytes = 256 << 10

// Keys of the message's metadata.
const (
	FirstKey = "first" // the first position, decimal
	LastKey  = "last"  // the last position, decimal
	// LastEventKey is the fingerprint of the event at the last position, which says whether a log holds that event.
	LastEventKey = "last-event"
)

// Keys of a message's metadata that an adapter turns into properties of its protocol instead of headers.
const (
	ContentTypeKey = "content-type"
	RoutingKey     = "routing-key"
)

// ErrCorrupt says that a message is not what was sent. Its events are in the log.
var ErrCorrupt = errors.New("corrupt log message")

// Batch is a contiguous range of the log: Events[i] is at position First+i. Consumers share it and must not change it.
type Batch struct {
	First, Last int64
	Events      []eventstore.Recorded
}

// BatchOf makes a batch of contiguous events; there must be at least one.
func BatchOf(events []eventstore.Recorded) Batch {
	return Batch{First: events[0].Position, Last: events[len(events)-1].Position, Events: events}
}

// After returns the events with a position greater than p.
func (b Batch) After(p int64) []eventstore.Recorded {
	if p < b.First {
		return b.Events
	}
	if p >= b.Last {
		return nil
	}
	return b.Events[p-b.First+1:]
}

// Check says whether the events are the contiguous range that First and Last promise.
func (b Batch) Check() error {
	if len(b.Events) == 0 || b.Last-b.First+1 != int64(len(b.Events)) {
		return fmt.Errorf("batch %d–%d has %d events", b.First, b.Last, len(b.Events))
	}
	for i, e := range b.Events {
		if e.Position != b.First+int64(i) {
			return fmt.Errorf("batch %d–%d has event %d in place %d", b.First, b.Last, e.Position, i)
		}
	}
	return nil
}

// Split cuts contiguous events into batches that each fit into a message.
func Split(events []eventstore.Recorded) []Batch {
	var out []Batch
	start, size := 0, overhead
	for i, e := range events {
		n := sizeOf(e)
		if i > start && size+n > MaxBytes {
			out = append(out, BatchOf(events[start:i]))
			start, size = i, overhead
		}
		size += n
	}
	if start < len(events) {
		out = append(out, BatchOf(events[start:]))
	}
	return out
}

type contextKey struct{}

// WithBatch returns a context that carries the decoded batch, for consumers in the same process.
func WithBatch(ctx context.Context, b Batch) context.Context {
	return context.WithValue(ctx, contextKey{}, b)
}

// FromContext returns the decoded batch that rides along with a message in the same process.
func FromContext(ctx context.Context) (Batch, bool) {
	b, ok := ctx.Value(contextKey{}).(Batch)
	return b, ok
}

const (
	magic    = "MKL1"
	checksum = 4
	overhead = len(magic) + 2*binary.MaxVarintLen64 + checksum
)

// sizeOf is an upper bound of an encoded event's size.
func sizeOf(e eventstore.Recorded) int {
	return len(e.Stream) + len(e.Workspace) + len(e.Type) + len(e.Metadata) + len(e.Data) + 7*binary.MaxVarintLen64
}

// Encode makes the batch's message. The batch itself rides along in the message's context.
func Encode(b Batch) (*message.Message, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	size := overhead
	for _, e := range b.Events {
		size += sizeOf(e)
	}
	buf := append(make([]byte, 0, size), magic...)
	buf = binary.AppendUvarint(buf, uint64(b.First))
	buf = binary.AppendUvarint(buf, uint64(len(b.Events)))
	for _, e := range b.Events {
		buf = appendBytes(buf, e.Stream)
		buf = binary.AppendUvarint(buf, uint64(e.Version))
		buf = appendBytes(buf, e.Workspace)
		buf = appendBytes(buf, e.Type)
		buf = binary.AppendVarint(buf, e.RecordedAt.UnixNano())
		buf = appendBytes(buf, e.Metadata)
		buf = appendBytes(buf, e.Data)
	}
	buf = binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, crc32.MakeTable(crc32.Castagnoli)))
	first, last := strconv.FormatInt(b.First, 10), strconv.FormatInt(b.Last, 10)
	m := message.NewMessage(first+"-"+last, buf)
	m.Metadata.Set(FirstKey, first)
	m.Metadata.Set(LastKey, last)
	m.Metadata.Set(LastEventKey, Fingerprint(b.Events[len(b.Events)-1]))
	m.SetContext(WithBatch(m.Context(), b))
	return m, nil
}

// Fingerprint tells an event from another one at the same position: by its stream, version and type, and by its time to the microsecond
// (which is how exactly Postgres keeps it). What it holds is left out, since that may be redacted or stored in another form later.
func Fingerprint(e eventstore.Recorded) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %d %q %d", e.Stream, e.Version, e.Type, e.RecordedAt.UnixMicro()) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

func appendBytes[T ~string | ~[]byte](buf []byte, v T) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(v))), v...)
}

// Decode returns the message's batch: the one that rides along in its context, or the one in its payload, whose bytes the
// events then share. A payload that is not what was sent is ErrCorrupt.
func Decode(m *message.Message) (Batch, error) {
	if b, ok := FromContext(m.Context()); ok {
		return b, nil
	}
	p := []byte(m.Payload)
	if len(p) < overhead-2*binary.MaxVarintLen64 || string(p[:len(magic)]) != magic {
		return Batch{}, fmt.Errorf("%w: %d bytes without the magic number", ErrCorrupt, len(p))
	}
	body, sum := p[:len(p)-checksum], binary.BigEndian.Uint32(p[len(p)-checksum:])
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != sum {
		return Batch{}, fmt.Errorf("%w: the checksum differs", ErrCorrupt)
	}
	b, ok := decode(body[len(magic):])
	if !ok {
		return Batch{}, fmt.Errorf("%w: the payload is cut off", ErrCorrupt)
	}
	if err := b.Check(); err != nil {
		return Batch{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return b, nil
}

func decode(body []byte) (Batch, bool) {
	r := reader{rest: body}
	first, n := int64(r.uvarint()), r.uvarint()
	if r.bad || n == 0 || n > uint64(len(body)) {
		return Batch{}, false
	}
	b := Batch{First: first, Last: first + int64(n) - 1, Events: make([]eventstore.Recorded, n)}
	var prev eventstore.Recorded // neighbours share most strings; sharing them spares the copies
	for i := range b.Events {
		e := eventstore.Recorded{Position: first + int64(i)}
		e.Stream = share(prev.Stream, r.bytes())
		e.Version = int64(r.uvarint())
		e.Workspace = share[kernel.WorkspaceID](prev.Workspace, r.bytes())
		e.Type = share(prev.Type, r.bytes())
		e.RecordedAt = time.Unix(0, r.varint()).UTC()
		e.Metadata = r.bytes()
		e.Data = r.bytes()
		b.Events[i], prev = e, e
	}
	return b, !r.bad && len(r.rest) == 0
}

func share[T ~string](prev T, b []byte) T {
	if string(prev) == string(b) {
		return prev
	}
	return T(b)
}

// reader takes values off the front of a payload; after the first that isn't there, bad stays set.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	return takeN(r, v, n)
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	return takeN(r, v, n)
}

func takeN[T any](r *reader, v T, n int) T {
	var zero T
	if r.bad || n <= 0 {
		r.bad = true
		return zero
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}
