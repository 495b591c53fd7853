package expression

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/morket/morket/domain/kernel"
)

// Marshal writes what an evaluation made as JSON: exact numbers with all their digits, times as RFC 3339, durations as hours.
func Marshal(v any) (json.RawMessage, error) {
	switch v := v.(type) {
	case nil:
		return kernel.Null(), nil
	case string:
		return quoted(v)
	case decimal.Decimal:
		return json.RawMessage(v.String()), nil
	}
	raw, err := json.Marshal(writable(v))
	if err != nil {
		return nil, fmt.Errorf("write the result: %w", err)
	}
	return raw, nil
}

func quoted(s string) (json.RawMessage, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write the result: %w", err)
	}
	return raw, nil
}

func writable(v any) any {
	switch v := v.(type) {
	case decimal.Decimal:
		return json.Number(v.String())
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration:
		return v.Hours()
	case *time.Location:
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = writable(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = writable(v[k])
		}
		return out
	case map[any]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[fmt.Sprint(k)] = writable(v[k])
		}
		return out
	default:
		return v
	}
}
