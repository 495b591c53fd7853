package tablefile

// Format is a format of files that leave.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	JSONL   Format = "jsonl"
	JSON    Format = "json"
	XLSX    Format = "xlsx"
	Parquet Format = "parquet"
)

// Formats lists them.
func Formats() []Format { return []Format{CSV, JSONL, JSON, XLSX, Parquet} }

// ContentType is the format's media type.
func (f Format) ContentType() string {
	switch f {
	case JSONL:
		return "application/x-ndjson"
	case JSON:
		return "application/json"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case Parquet:
		return "application/vnd.apache.parquet"
	default:
		return "text/csv; charset=utf-8"
	}
}
