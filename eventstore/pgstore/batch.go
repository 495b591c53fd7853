package pgstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Limits of one batch. A single append may be bigger; it is a batch of its own.
const (
	maxBatch      = 256
	maxBatchBytes = 8 << 20
)

// batch is a number of appends on their way to log.append together. Its buffers are used again for the next batch.
type batch struct {
	items   []*pending
	links   int // of the items
	keys    map[string]bool
	bytes   int
	events  int
	streams []eventstore.StreamID
	index   map[eventstore.StreamID]int // of streams, from 0
	counts  []int                       // events per stream
	args    [argCount]array
}

// The arguments of log.append that are arrays, in their order.
const (
	aKey = iota
	aFingerprint
	aResult
	aKeep
	aChained
	aWorkspace
	aMetadata
	aEvents
	aEntries
	aBefore
	sID
	sEvents
	eStream
	eExpected
	eEvents
	eBefore
	vAppend
	vNth
	vEntry
	vNthOfEntry
	vSize
	vType
	vData
	argCount
)

func argOIDs() [argCount]uint32 {
	oids := [argCount]uint32{}
	for i := range oids {
		oids[i] = pgtype.Int4OID
	}
	for _, i := range []int{aKey, aFingerprint, aWorkspace, sID, vType} {
		oids[i] = pgtype.TextOID
	}
	for _, i := range []int{aResult, aMetadata, vData} {
		oids[i] = pgtype.JSONOID
	}
	oids[aKeep], oids[aChained] = pgtype.BoolOID, pgtype.BoolOID
	oids[eExpected] = pgtype.Int8OID
	return oids
}

func newBatch() *batch {
	b := &batch{keys: map[string]bool{}, index: map[eventstore.StreamID]int{}}
	b.reset()
	return b
}

func (b *batch) reset() {
	clear(b.items)
	b.items = b.items[:0]
	clear(b.keys)
	b.bytes, b.links = 0, 0
}

// add takes the chain into the batch unless it has no room, or holds one of its keys already: that one must be committed
// before it can be replayed.
func (b *batch) add(p *pending) bool {
	if len(b.items) > 0 && (b.links+len(p.links) > maxBatch || b.bytes+p.bytes > maxBatchBytes || b.knows(p)) {
		return false
	}
	b.items = append(b.items, p)
	b.bytes += p.bytes
	b.links += len(p.links)
	for _, l := range p.links {
		if key := l.Meta.IdempotencyKey; key != "" {
			b.keys[key] = true
		}
	}
	return true
}

func (b *batch) knows(p *pending) bool {
	return slices.ContainsFunc(p.links, func(l link) bool { return b.keys[l.Meta.IdempotencyKey] })
}

// encode makes the parameters of the statement.
func (b *batch) encode(clock kernel.Clock) [][]byte {
	b.events, b.streams, b.counts = 0, b.streams[:0], b.counts[:0]
	clear(b.index)
	for i, oid := range argOIDs() {
		b.args[i].reset(oid)
	}
	entry, number := 0, 0
	for _, p := range b.items {
		for i, l := range p.links {
			number++
			b.args[aChained].bool(i > 0)
			b.encodeAppend(number, &entry, l)
		}
	}
	for i, s := range b.streams {
		b.args[sID].text(string(s))
		b.args[sEvents].int4(b.counts[i])
	}
	params := make([][]byte, 0, argCount+3)
	params = append(params, encodeTime(clock),
		binary.BigEndian.AppendUint32(nil, uint32(b.events)), []byte{0})
	if len(b.keys) > 0 {
		params[2][0] = 1
	}
	for i := range b.args {
		params = append(params, b.args[i].bytes())
	}
	return params
}

func (b *batch) encodeAppend(number int, entry *int, p link) {
	a := &b.args
	a[aKey].text(p.Meta.IdempotencyKey)
	a[aFingerprint].text(p.Meta.Fingerprint)
	a[aResult].json(p.Result)
	a[aKeep].bool(p.KeepKey)
	a[aWorkspace].text(string(p.Meta.Workspace))
	a[aMetadata].json(p.metadata)
	a[aEntries].int4(len(p.Streams))
	a[aBefore].int4(b.events)
	nth := 0
	for _, s := range p.Streams {
		*entry++
		stream := b.stream(s.Stream)
		a[eStream].int4(stream + 1)
		a[eExpected].int8(int64(s.Expected))
		a[eEvents].int4(len(s.Events))
		a[eBefore].int4(b.counts[stream])
		b.counts[stream] += len(s.Events)
		for i, e := range s.Events {
			nth++
			a[vAppend].int4(number)
			a[vNth].int4(nth)
			a[vEntry].int4(*entry)
			a[vNthOfEntry].int4(i + 1)
			a[vSize].int4(len(e.Data) + len(p.metadata))
			a[vType].text(e.Type)
			a[vData].json(e.Data)
		}
	}
	a[aEvents].int4(nth)
	b.events += nth
}

// stream returns the stream's place among those of the batch.
func (b *batch) stream(id eventstore.StreamID) int {
	i, ok := b.index[id]
	if !ok {
		i = len(b.streams)
		b.index[id] = i
		b.streams = append(b.streams, id)
		b.counts = append(b.counts, 0)
	}
	return i
}

// encodeTime makes a timestamptz: microseconds since 2000-01-01. No clock is NULL, the database's own.
func encodeTime(clock kernel.Clock) []byte {
	if clock == nil {
		return nil
	}
	us := clock.Now().UnixMicro() - epoch2000
	return binary.BigEndian.AppendUint64(nil, uint64(us))
}

func decodeTime(us int64) time.Time { return time.UnixMicro(us + epoch2000).UTC() }

// epoch2000 is Postgres' epoch in microseconds of Unix time.
const epoch2000 = 946684800 * 1_000_000

// outcome is what log.append answered.
type outcome struct {
	head  int64
	base  []int64 // versions before the batch, by the batch's streams
	first []int64 // nil if every append was taken; else the head before each append, null if it was not taken
	known map[string]eventstore.Command
}

func readOutcome(rows [][][]byte) (outcome, error) {
	var o outcome
	var err error
	if len(rows) != 1 || len(rows[0]) != 9 || len(rows[0][0]) != 8 {
		return o, errors.New("log.append answered in another shape than expected")
	}
	row := rows[0]
	o.head = int64(binary.BigEndian.Uint64(row[0]))
	if o.base, err = readInt8s(row[2]); err != nil {
		return o, err
	}
	if o.first, err = readInt8s(row[3]); err != nil || row[4] == nil {
		return o, err
	}
	o.known, err = readKnown(row[4:])
	return o, err
}

func readKnown(row [][]byte) (map[string]eventstore.Command, error) {
	var texts [3][]string
	var positions [2][]int64
	var err error
	for i, column := range []int{0, 1, 4} {
		if texts[i], err = readTexts(row[column]); err != nil {
			return nil, fmt.Errorf("read the known keys: %w", err)
		}
	}
	for i, column := range []int{2, 3} {
		if positions[i], err = readInt8s(row[column]); err != nil {
			return nil, fmt.Errorf("read the known keys: %w", err)
		}
	}
	known := make(map[string]eventstore.Command, len(texts[0]))
	for i, key := range texts[0] {
		known[key] = eventstore.Command{
			Key: key, Fingerprint: texts[1][i], Result: []byte(texts[2][i]), First: positions[0][i], Last: positions[1][i],
		}
	}
	return known, nil
}

// answers tells each caller how it went, by going through the batch as log.append did.
func (b *batch) answers(o outcome, give func(*pending, answer)) (grew bool) {
	versions, head, number := o.base, o.head, 0
	for _, p := range b.items {
		var ans answer
		for i, l := range p.links {
			if o.first != nil && o.first[number+i] == null { // and so is the rest of the chain
				ans = b.refusal(l, o, versions, ans)
				break
			}
			ans.done = append(ans.done, b.taken(l, versions, &head))
		}
		number += len(p.links)
		give(p, ans)
	}
	return head > o.head
}

// taken is the answer to an append that was taken; it moves the versions and the head on.
func (b *batch) taken(l link, versions []int64, head *int64) eventstore.Appended {
	done := eventstore.Appended{Result: l.Result, Versions: make([]int64, len(l.Streams))}
	for _, s := range l.Streams {
		versions[b.index[s.Stream]] += int64(len(s.Events))
		done.Last += int64(len(s.Events))
	}
	for j, s := range l.Streams {
		done.Versions[j] = versions[b.index[s.Stream]]
	}
	if done.Last > 0 {
		done.First, done.Last = *head+1, *head+done.Last
		*head = done.Last
	}
	return done
}

// refusal ends a chain's answer with why an append was not taken.
func (b *batch) refusal(l link, o outcome, versions []int64, ans answer) answer {
	if cmd, ok := o.known[l.Meta.IdempotencyKey]; ok {
		if cmd.Fingerprint != l.Meta.Fingerprint {
			ans.err = eventstore.ErrKeyReused
			return ans
		}
		ans.done = append(ans.done, eventstore.Appended{First: cmd.First, Last: cmd.Last, Result: cmd.Result, Replayed: true})
		return ans
	}
	added := map[eventstore.StreamID]int64{}
	for _, s := range l.Streams {
		actual := versions[b.index[s.Stream]] + added[s.Stream]
		if s.Expected >= 0 && int64(s.Expected) != actual {
			ans.err = &eventstore.ConflictError{Stream: s.Stream, Expected: s.Expected, Actual: actual}
			return ans
		}
		added[s.Stream] += int64(len(s.Events))
	}
	ans.err = fmt.Errorf("log.append refused an append to %d streams without a reason", len(l.Streams))
	return ans
}
