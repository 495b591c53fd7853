package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Limits of requests and answers.
const (
	MaxSent     = 10 << 20 // bytes of a JSON body: what the server takes of rows:batch
	MaxAnswer   = 64 << 20 // bytes of a JSON answer
	tries       = 5
	firstPause  = 250 * time.Millisecond
	longestWait = time.Minute // between two tries; a server that asks for more is an error
)

// Meta is what the API says of an answer.
type Meta struct {
	NextCursor string `json:"next_cursor"`
	Total      int64  `json:"total"`
	Position   int64  `json:"position"`
	Stale      bool   `json:"stale"` // the answer doesn't reflect this client's last write yet
}

// Get reads into data.
func (c *Client) Get(ctx context.Context, path string, query url.Values, data any) (Meta, error) {
	return c.call(ctx, request{method: http.MethodGet, path: path, query: query}, data)
}

// Ask is a read whose question is a body.
func (c *Client) Ask(ctx context.Context, path string, query url.Values, body, data any) (Meta, error) {
	return c.post(ctx, request{method: http.MethodPost, path: path, query: query}, body, data)
}

// Write acts once, however often it is tried. A caller that wants to repeat a write of its own gives it a key; an empty one is made up.
func (c *Client) Write(ctx context.Context, path, key string, body, data any) (Meta, error) {
	if key == "" {
		key = rand.Text()
	}
	return c.post(ctx, request{method: http.MethodPost, path: path, once: key}, body, data)
}

// Stream reads what is not in an envelope: a file, or events. The caller closes it.
func (c *Client) Stream(ctx context.Context, path string, query url.Values, accept string) (io.ReadCloser, error) {
	res, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query, accept: accept})
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// Upload sends a file of that size as it is.
func (c *Client) Upload(ctx context.Context, path string, query url.Values, file io.ReaderAt, size int64, data any) (Meta, error) {
	r := request{
		method: http.MethodPost, path: path, query: query, once: rand.Text(), body: file,
		size: size, kind: "application/octet-stream",
	}
	return c.call(ctx, r, data)
}

// request is what is tried, the same each time.
type request struct {
	method, path string
	query        url.Values
	body         io.ReaderAt
	size         int64
	kind         string // of the body
	once         string // the idempotency key
	accept       string
}

func (c *Client) post(ctx context.Context, r request, body, data any) (Meta, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Meta{}, fmt.Errorf("write the request: %w", err)
	}
	if len(text) > MaxSent {
		return Meta{}, fmt.Errorf("the request has %d bytes, more than the %d that a server takes: send less at once", len(text), MaxSent)
	}
	r.body, r.size, r.kind = bytes.NewReader(text), int64(len(text)), "application/json"
	return c.call(ctx, r, data)
}

// call tries the request and decodes the data of its answer, numbers as they are written.
func (c *Client) call(ctx context.Context, r request, data any) (Meta, error) {
	res, err := c.do(ctx, r)
	if err != nil {
		return Meta{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err != nil {
		return Meta{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > MaxAnswer {
		return Meta{}, fmt.Errorf("the answer has more than %d bytes: ask for less at once", MaxAnswer)
	}
	answer := struct {
		Data any  `json:"data"`
		Meta Meta `json:"meta"`
	}{Data: data}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&answer); err != nil {
		return Meta{}, fmt.Errorf("read the answer; is this the address of a Morket server? %w", err)
	}
	return answer.Meta, nil
}

// do tries until there is an answer, a refusal that another try will not change, or no try left.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	pauses := kernel.Doubling(firstPause, longestWait)
	for try := 1; ; try++ {
		req, err := c.build(ctx, r)
		if err != nil {
			return nil, err
		}
		res, err := c.send(req)
		if err == nil {
			return res, nil
		}
		after := pauses.NextBackOff()
		after += jitter(after)
		var no *Error
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &no) && (!no.asked() || no.after > longestWait):
			return nil, err
		case try == tries:
			return nil, fmt.Errorf("after %d tries: %w", tries, err)
		case no != nil && no.after > 0:
			after = no.after
		}
		if err := c.wait(ctx, after); err != nil {
			return nil, err
		}
	}
}

// jitter keeps clients that failed together from coming back together.
func jitter(d time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d)))
	if err != nil {
		return 0
	}
	return time.Duration(n.Int64())
}

// build makes one try's request.
func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		body = io.NewSectionReader(r.body, 0, r.size) // its own: a try that was given up may still be reading
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = r.size
	req.Header.Set("Authorization", "Bearer "+c.key)
	for name, value := range map[string]string{"User-Agent": c.agent, "Accept": r.accept, "Idempotency-Key": r.once, "Content-Type": r.kind} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if at := c.wrote.Load(); at > 0 && r.once == "" {
		req.Header.Set("Morket-Min-Position", strconv.FormatInt(at, 10))
	}
	return req, nil
}

// send makes an error of an answer that is none.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
		defer res.Body.Close()
		return nil, refusal(res)
	}
	c.noteWrite(res)
	return res, nil
}

// noteWrite keeps the highest position of this client's writes.
func (c *Client) noteWrite(res *http.Response) {
	at, err := strconv.ParseInt(res.Header.Get("Morket-Position"), 10, 64)
	if err != nil {
		return
	}
	for {
		was := c.wrote.Load()
		if at <= was || c.wrote.CompareAndSwap(was, at) {
			return
		}
	}
}
