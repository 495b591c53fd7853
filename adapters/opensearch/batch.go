package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"

	"github.com/morket/morket/projections/sidestore"
)

// Batch collects documents. What doesn't fit into one request is sent before the flush: a document that is sent again, or that the
// checkpoint doesn't tell of, is the same document.
type Batch struct {
	client *Client
	copy   sidestore.Copy
	buf    bytes.Buffer
}

// lowBits is how long the pieces of a sum are. The low one also serves to pick rows by chance.
const lowBits = 24

// requestBytes is about how much goes into one request.
const requestBytes = 6 << 20

// put adds a document in the place of one that is not later. Its content is what is summed up.
func (b *Batch) put(ctx context.Context, id string, position int64, doc m, content []byte) error {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	_, _ = h.Write(content)
	sum := h.Sum64()
	doc["low"], doc["high"] = sum&(1<<lowBits-1), sum>>lowBits&(1<<lowBits-1)
	doc["position"] = position
	action := m{"index": m{"_id": id, "version": position, "version_type": "external_gte"}}
	enc := json.NewEncoder(&b.buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(action); err != nil {
		return err
	}
	if err := enc.Encode(doc); err != nil {
		return err
	}
	if b.buf.Len() >= requestBytes {
		return b.send(ctx)
	}
	return nil
}

// Flush implements sidestore.Batch. That the copy has reached the position may be there before the last documents are: without the
// checkpoint, which is moved after the flush, the same documents come again.
func (b *Batch) Flush(ctx context.Context, position int64) error {
	if err := b.put(ctx, reachedID, position, m{"kind": kindReached}, nil); err != nil {
		return err
	}
	if b.buf.Len() == 0 { // it was sent with the rest
		return b.refresh(ctx)
	}
	return b.write(ctx, "&refresh=true")
}

func (b *Batch) refresh(ctx context.Context) error {
	return b.client.do(ctx, http.MethodPost, "/"+b.client.alias(b.copy)+"/_refresh", nil, nil)
}

// send writes what was collected. Nothing comes into being by it: the alias must be there.
func (b *Batch) send(ctx context.Context) error { return b.write(ctx, "") }

func (b *Batch) write(ctx context.Context, also string) error {
	if b.buf.Len() == 0 {
		return nil
	}
	var answer struct {
		Errors bool `json:"errors"`
		Items  []struct {
			Index struct {
				ID     string `json:"_id"`
				Status int    `json:"status"`
				Error  *cause `json:"error"`
			} `json:"index"`
		} `json:"items"`
	}
	err := b.client.do(ctx, http.MethodPost, "/"+b.client.alias(b.copy)+"/_bulk?require_alias=true"+also, b.buf.Bytes(), &answer)
	b.buf.Reset()
	if err != nil || !answer.Errors {
		return err
	}
	for _, item := range answer.Items {
		i := item.Index
		if i.Error == nil || i.Status == http.StatusConflict { // a later one is there
			continue
		}
		fault := &statusError{status: i.Status, kind: i.Error.Type, reason: "document " + strconv.Quote(i.ID) + ": " + i.Error.Reason}
		if fault.temporary() {
			return down(fault)
		}
		return fmt.Errorf("write documents: %w", fault)
	}
	return nil
}
