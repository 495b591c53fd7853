package table

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// DecodeFast reads the event as it is in the log; false says that it must be read the ordinary way. There is one for every
// thousand cells that are pasted or written through the API.
func (e *RowsInserted) DecodeFast(data []byte) bool {
	var out RowsInserted
	s := kernel.ScanJSON(data)
	s.Object(func(key string) {
		switch key {
		case "table_id":
			out.TableID = kernel.TableID(s.Text())
		case "chunk":
			out.Chunk = s.Chunk()
		case "source":
			out.Source = Source(s.Text())
		default:
			out.scan(s, key)
		}
	})
	if s.Fail {
		return false
	}
	*e = out
	return true
}

// DecodeFast reads the event as it is in the log; false says that it must be read the ordinary way. There is one for every edit.
func (e *CellsEdited) DecodeFast(data []byte) bool {
	var out CellsEdited
	s := kernel.ScanJSON(data)
	s.Object(func(key string) {
		switch key {
		case "table_id":
			out.TableID = kernel.TableID(s.Text())
		case "chunk":
			out.Chunk = s.Chunk()
		case "old":
			out.Old = s.Columns(len(out.Chunk.Rows))
		case "seen":
			out.Seen = s.Int()
		case "from":
			if v := s.Value(); !s.Fail && json.Unmarshal(v, &out.From) != nil { // of merges only
				s.Fail = true
			}
		case "source":
			out.Source = Source(s.Text())
		default:
			out.scan(s, key)
		}
	})
	if s.Fail {
		return false
	}
	*e = out
	return true
}

// scan walks over a member of an event that may be one of the step's.
func (st *Step) scan(s *kernel.JSONScan, key string) {
	switch key {
	case "step":
		st.Step = s.Text()
	case "undoes":
		st.Undoes = s.Text()
	case "as_of":
		st.AsOf = s.Int()
	case "label":
		if v := s.Value(); !s.Fail && json.Unmarshal(v, &st.Label) != nil { // people write it: it may have escapes
			s.Fail = true
		}
	default:
		s.Value()
	}
}
