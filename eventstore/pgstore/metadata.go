package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Metadata is kept short: an array of the members in the order of metaMembers, without the empty ones at its end. The workspace is in
// the event's own column. Words (see log.words) are numbers. Events of earlier versions have the object that readers get from all.

// metaMembers are the members of an object of metadata, in the order of the array. The object has them in the order of objectOrder.
const (
	metaKind = iota
	metaID
	metaCorrelation
	metaClient
	metaCommand // a word
	metaAgent   // a word
	metaOnBehalfOf
	metaCausation
	metaTrace
	metaMembers
)

// encodeMeta makes the metadata of an append's events.
func (s *Store) encodeMeta(ctx context.Context, m kernel.Meta) ([]byte, error) {
	if s.cfg.Short != nil && !s.cfg.Short() {
		return json.Marshal(m)
	}
	members := [metaMembers]string{
		metaKind: string(m.Actor.Kind), metaID: m.Actor.ID, metaOnBehalfOf: string(m.Actor.OnBehalfOf), metaCorrelation: m.CorrelationID,
		metaCausation: m.CausationID, metaClient: m.Client, metaCommand: m.Command, metaAgent: m.Agent, metaTrace: m.Trace,
	}
	n := metaMembers
	for n > 1 && members[n-1] == "" {
		n--
	}
	b := []byte{'['}
	for i, v := range members[:n] {
		if i > 0 {
			b = append(b, ',')
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if isWord := i == metaCommand || i == metaAgent; isWord && v != "" && utf8.ValidString(v) && eventstore.CheckJSON(text) == "" {
			if id, ok := s.words.number(ctx, v); ok {
				text = strconv.AppendInt(nil, int64(id), 10)
			}
		}
		b = append(b, text...)
	}
	return append(b, ']'), nil
}

// errMetadata says that what is kept is no metadata.
var errMetadata = errors.New("its metadata is not in a form that this version knows")

// expand gives the events the metadata that readers know.
func (s *Store) expand(ctx context.Context, events []eventstore.Recorded) error {
	var raw, object json.RawMessage
	var of kernel.WorkspaceID
	for i := range events {
		e := &events[i]
		if len(e.Metadata) == 0 || e.Metadata[0] != '[' {
			continue
		}
		if raw != nil && &raw[0] == &e.Metadata[0] && of == e.Workspace { // shared by the events of an append
			e.Metadata = object
			continue
		}
		raw, of = e.Metadata, e.Workspace
		var err error
		if object, err = s.words.object(raw, of); errors.Is(err, errUnknownWord) { // another process has added it
			if err = s.words.load(ctx, s.reader(ctx)); err == nil {
				object, err = s.words.object(raw, of)
			}
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
		e.Metadata = object
	}
	return nil
}

var errUnknownWord = errors.New("its metadata names a word that the log doesn't have")

// object makes the object of kept metadata, as encoding/json would of a kernel.Meta.
func (w *words) object(raw []byte, ws kernel.WorkspaceID) ([]byte, error) {
	members, err := w.members(raw)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(raw)+len(members[metaAgent])+len(ws)+160) //nolint:mnd // the names
	add := func(name string, value []byte) {
		if len(value) > len(`""`) {
			if b[len(b)-1] != '{' {
				b = append(b, ',')
			}
			b = append(append(append(append(b, '"'), name...), '"', ':'), value...)
		}
	}
	b = append(append(b, `{"actor":{"kind":`...), members[metaKind]...)
	add("id", members[metaID])
	add("on_behalf_of", members[metaOnBehalfOf])
	b = append(b, '}')
	if ws != "" {
		name, err := json.Marshal(ws)
		if err != nil {
			return nil, err
		}
		add("workspace", name)
	}
	add("command", members[metaCommand])
	add("correlation_id", members[metaCorrelation])
	add("causation_id", members[metaCausation])
	add("client", members[metaClient])
	add("agent", members[metaAgent])
	add("traceparent", members[metaTrace])
	return append(b, '}'), nil
}

// members cuts an array of strings and numbers, whose JSON the database has checked, into the JSON of its strings.
func (w *words) members(raw []byte) (out [metaMembers][]byte, err error) {
	rest := raw[1:]
	for i := 0; i < metaMembers && len(rest) > 0; i++ {
		n := 0
		if rest[0] == '"' {
			for n = 1; n < len(rest) && rest[n] != '"'; n++ {
				if rest[n] == '\\' {
					n++
				}
			}
			n = min(n+1, len(rest))
			out[i] = rest[:n]
		} else {
			for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
				n++
			}
			id, err := strconv.Atoi(string(rest[:n]))
			if err != nil {
				return out, errMetadata
			}
			if out[i] = w.text(id); out[i] == nil {
				return out, errUnknownWord
			}
		}
		switch rest = rest[n:]; {
		case len(rest) > 0 && rest[0] == ',':
			rest = rest[1:]
		case len(rest) == 1 && rest[0] == ']':
			return out, nil
		default:
			return out, errMetadata
		}
	}
	return out, errMetadata
}
