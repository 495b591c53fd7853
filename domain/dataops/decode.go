package dataops

import "github.com/morket/morket/domain/kernel"

// DecodeFast reads the event as it is in the log; false says that it must be read the ordinary way. An import has a chunk
// for every thousand cells, so what it costs to read one decides how fast the grid follows.
func (e *RowsAdded) DecodeFast(data []byte) bool {
	var out RowsAdded
	s := kernel.ScanJSON(data)
	s.Object(func(key string) {
		switch key {
		case "import_id":
			out.ImportID = kernel.ImportID(s.Text())
		case "table_id":
			out.TableID = kernel.TableID(s.Text())
		case "chunk":
			out.Chunk = s.Chunk()
		case "chunk_no":
			out.ChunkNo = s.Int()
		case "next":
			s.Object(func(key string) {
				switch key {
				case "line":
					out.Next.Line = s.Int()
				case "offset":
					out.Next.Offset = s.Int()
				default:
					s.Value()
				}
			})
		default:
			s.Value()
		}
	})
	if s.Fail {
		return false
	}
	*e = out
	return true
}

// EncodeFast writes the event as encoding/json would; false says that it must be written the ordinary way.
func (e RowsAdded) EncodeFast() ([]byte, bool) {
	var t kernel.JSONText
	t.Raw(`{"import_id":`)
	t.Text(string(e.ImportID))
	t.Raw(`,"table_id":`)
	t.Text(string(e.TableID))
	t.Raw(`,"chunk":`)
	t.Chunk(e.Chunk)
	t.Raw(`,"chunk_no":`)
	t.Int(e.ChunkNo)
	t.Raw(`,"next":{"line":`)
	t.Int(e.Next.Line)
	t.Raw(`,"offset":`)
	t.Int(e.Next.Offset)
	t.Raw(`}}`)
	return t.B, !t.Fail
}
