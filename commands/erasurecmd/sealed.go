package erasurecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Sealer opens what events hold sealed, and seals what is left of it.
type Sealer interface {
	Seal(ctx context.Context, subject string, plain []byte) ([]byte, error)
	// Open opens what was sealed; false if its key was destroyed.
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
}

// sealed takes out of what events hold sealed what is about a person. It goes through a workspace's log from its beginning, since later
// events lean on what earlier ones say.
type sealed struct {
	sealer  Sealer
	walk    *walker
	tables  map[eventstore.StreamID]kernel.TableID // of runs with a CRM
	batch   map[eventstore.StreamID]map[int]bool   // places in the last batch of a run that are about the person
	authors map[kernel.CommentID]kernel.UserID
	threads map[kernel.ThreadID]bool // that hang on an erased row
}

func newSealed(s Sealer, w *walker) *sealed {
	return &sealed{
		sealer: s, walk: w, tables: map[eventstore.StreamID]kernel.TableID{}, batch: map[eventstore.StreamID]map[int]bool{},
		authors: map[kernel.CommentID]kernel.UserID{}, threads: map[kernel.ThreadID]bool{},
	}
}

// opens reports whether events of a type hold something sealed that may be about people in tables, or say how to open it.
func opens(typ string) bool {
	switch typ {
	case enrichment.RunAnswersRecorded{}.EventType(), find.PageFound{}.EventType(), crm.RunStarted{}.EventType(),
		crm.BatchIntended{}.EventType(), crm.BatchSettled{}.EventType(), comment.Added{}.EventType(), comment.Edited{}.EventType():
		return true
	default:
		return false
	}
}

// redact returns the event's data without what it holds of the person in sealed members; the same slice if there is nothing.
func (s *sealed) redact(ctx context.Context, e eventstore.Recorded, data json.RawMessage) (json.RawMessage, error) {
	o, err := parseObject(data)
	if err != nil {
		return data, err
	}
	changed := false
	switch e.Type {
	case enrichment.RunAnswersRecorded{}.EventType():
		changed, err = s.answers(ctx, o)
	case find.PageFound{}.EventType():
		changed, err = s.member(ctx, o, find.Keys+o.text("find_id"), s.lines)
	case crm.RunStarted{}.EventType():
		var started crm.RunStarted
		if err = json.Unmarshal(data, &started); err == nil {
			s.tables[e.Stream] = started.Definition.TableID
		}
	case crm.BatchIntended{}.EventType():
		s.batch[e.Stream] = map[int]bool{}
		changed, err = s.member(ctx, o, s.records(e), func(plain []byte) ([]byte, error) { return s.entries(e.Stream, plain) })
	case crm.BatchSettled{}.EventType():
		changed, err = s.member(ctx, o, s.records(e), func(plain []byte) ([]byte, error) { return s.results(e.Stream, plain) })
	case comment.Added{}.EventType(), comment.Edited{}.EventType():
		changed, err = s.comment(ctx, o)
	}
	if err != nil {
		return data, fmt.Errorf("look into event %d: %w", e.Position, err)
	}
	if !changed {
		return data, nil
	}
	return o.json(), nil
}

func (s *sealed) records(e eventstore.Recorded) string {
	return crm.RecordSubject(s.tables[e.Stream], kernel.SyncRunID(e.Stream.ID()))
}

// member opens the member "sealed" and seals what change leaves of it, if that is something else.
func (s *sealed) member(
	ctx context.Context, o object, subject string, change func(plain []byte) ([]byte, error),
) (changed bool, err error) {
	now, changed, err := s.blob(ctx, o.get("sealed"), subject, change)
	if changed {
		o.set("sealed", now)
	}
	return changed, err
}

func (s *sealed) blob(
	ctx context.Context, raw json.RawMessage, subject string, change func(plain []byte) ([]byte, error),
) (now json.RawMessage, changed bool, err error) {
	var was []byte
	if len(raw) == 0 {
		return raw, false, nil
	}
	if err := json.Unmarshal(raw, &was); err != nil || len(was) == 0 {
		return raw, false, err
	}
	plain, ok, err := s.sealer.Open(ctx, subject, was)
	if err != nil || !ok {
		return raw, false, err
	}
	left, err := change(plain)
	if err != nil || bytes.Equal(left, plain) {
		return raw, false, err
	}
	again, err := s.sealer.Seal(ctx, subject, left)
	if err != nil {
		return raw, false, err
	}
	now, err = json.Marshal(again)
	return now, true, err
}

// whole walks over what is sealed, where copies of values are found too.
func (s *sealed) whole(plain []byte) ([]byte, error) {
	w := *s.walk
	w.whole = true
	out := w.walk(plain)
	return out, w.err
}

// silently is whole where the caller tells of more than the texts in it.
func (s *sealed) silently(plain []byte) ([]byte, error) {
	w := *s.walk
	w.took = nil
	return (&sealed{walk: &w}).whole(plain)
}

// lines are JSON Lines of rows that were found at a provider: one about the person becomes empty.
func (s *sealed) lines(plain []byte) ([]byte, error) {
	var out []byte
	for line := range bytes.Lines(plain) {
		now, err := s.silently(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(now, bytes.TrimSuffix(line, []byte("\n"))) {
			s.walk.take("", "record", bytes.TrimSuffix(line, []byte("\n")))
			now = []byte("{}")
		}
		out = append(append(out, now...), '\n')
	}
	return out, nil
}

// answers leaves out what is kept of the answers for erased rows, and goes through the others.
func (s *sealed) answers(ctx context.Context, o object) (changed bool, err error) {
	var cells []struct {
		RowID kernel.RowID `json:"row_id"`
	}
	kept := o.get("kept")
	if first(kept) != '[' {
		return false, nil
	}
	if err := json.Unmarshal(o.get("provenance"), &cells); err != nil {
		return false, fmt.Errorf("read whose answers are kept: %w", err)
	}
	items, err := list(kept)
	if err != nil {
		return false, err
	}
	left := items[:0:0]
	for _, item := range items {
		k, err := parseObject(item)
		if err != nil {
			return false, err
		}
		var at int
		if err := json.Unmarshal(k.get("index"), &at); err != nil {
			return false, fmt.Errorf("read whose answer is kept: %w", err)
		}
		if at >= 0 && at < len(cells) && s.walk.rows[cells[at].RowID] {
			if err := s.answer(ctx, cells[at].RowID, k.get("body"), o.text("kept_for")); err != nil {
				return false, err
			}
			changed = true
			continue
		}
		body, is, err := s.blob(ctx, k.get("body"), o.text("kept_for"), s.whole)
		if err != nil {
			return false, err
		}
		if is {
			k.set("body", body)
			item, changed = k.json(), true
		}
		left = append(left, item)
	}
	if changed {
		o.set("kept", listJSON(left))
	}
	return changed, nil
}

// answer tells of an answer that is kept for an erased row.
func (s *sealed) answer(ctx context.Context, row kernel.RowID, body json.RawMessage, subject string) error {
	if s.walk.took == nil {
		return nil
	}
	_, _, err := s.blob(ctx, body, subject, func(plain []byte) ([]byte, error) {
		if !json.Valid(plain) {
			plain = quote(string(plain))
		}
		s.walk.take(row, "answer", plain)
		return plain, nil
	})
	return err
}

// entries are what a batch was to do in a CRM: of an erased row only that there was something is left.
func (s *sealed) entries(stream eventstore.StreamID, plain []byte) ([]byte, error) {
	var all []crm.Entry
	if err := json.Unmarshal(plain, &all); err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	changed := false
	for i, e := range all {
		if s.walk.rows[e.RowID] {
			s.batch[stream][i] = true
			if was, err := json.Marshal(e); err == nil && e.Reason != erasure.Erased {
				s.walk.take(e.RowID, "crm", was)
			}
			all[i] = crm.Entry{RowID: e.RowID, Action: crm.ActionNone, State: crm.OutcomeSkipped, Reason: erasure.Erased}
			changed = changed || e.ID != "" || e.Value != "" || e.Label != "" || len(e.Changes) > 0
		}
	}
	return s.again(all, plain, changed)
}

// results are what became of a batch, in its order.
func (s *sealed) results(stream eventstore.StreamID, plain []byte) ([]byte, error) {
	var all []crm.Result
	if err := json.Unmarshal(plain, &all); err != nil {
		return nil, fmt.Errorf("read what became of a batch: %w", err)
	}
	changed := false
	for i, r := range all {
		if s.batch[stream][i] {
			if was, err := json.Marshal(r); err == nil && r.Reason != erasure.Erased {
				s.walk.take("", "crm", was)
			}
			changed = changed || r.ID != "" || r.URL != "" || len(r.Stored) > 0
			all[i] = crm.Result{State: r.State, Reason: erasure.Erased}
		}
	}
	return s.again(all, plain, changed)
}

func (s *sealed) again(all any, plain []byte, changed bool) ([]byte, error) {
	if changed {
		var err error
		if plain, err = json.Marshal(all); err != nil {
			return nil, fmt.Errorf("encode what is left of a batch: %w", err)
		}
	}
	return s.whole(plain)
}

// comment takes the text of a comment on an erased row, and what other comments say of the person.
func (s *sealed) comment(ctx context.Context, o object) (bool, error) {
	thread, id := kernel.ThreadID(o.text("thread_id")), kernel.CommentID(o.text("comment_id"))
	if author := o.text("author"); author != "" {
		s.authors[id] = kernel.UserID(author)
	}
	if s.walk.rows[kernel.RowID(o.text("row_id"))] {
		s.threads[thread] = true
	}
	return s.member(ctx, o, auth.PersonKey(s.authors[id]), func(plain []byte) ([]byte, error) {
		if s.threads[thread] {
			s.walk.take(kernel.RowID(o.text("row_id")), "comment", quote(string(plain)))
			return []byte(erasure.Erased), nil
		}
		now, is := s.walk.match.Redact(string(plain))
		if is {
			s.walk.take("", "comment", quote(string(plain)))
		}
		return []byte(now), nil
	})
}
