package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/enrichment"
)

// takeWithin bounds how long the outputs are taken from a recorded answer.
const takeWithin = time.Second

// Asks implements enrichment.Reprojecting: the outputs decide nothing of what is asked.
func (*Provider) Asks(raw json.RawMessage) (json.RawMessage, error) {
	c, err := parse(raw)
	if err != nil {
		return nil, err
	}
	c.Outputs = nil
	return json.Marshal(c)
}

// Take implements enrichment.Reprojecting.
func (*Provider) Take(ctx context.Context, raw json.RawMessage, recorded any) (enrichment.Reply, error) {
	c, err := parse(raw)
	if err != nil {
		return enrichment.Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, takeWithin)
	defer cancel()
	return c.take(ctx, recorded)
}
