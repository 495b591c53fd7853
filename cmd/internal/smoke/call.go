package smoke

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// body is sent as it is.
type body struct{ contentType, text string }

// final is an error that waiting doesn't mend.
type final struct{ error }

// until repeats fn until it answers true. Its last error tells what was missing.
func (t *trial) until(fn func() (bool, error)) error {
	late := time.NewTimer(within)
	defer late.Stop()
	tick := time.NewTicker(lookWait)
	defer tick.Stop()
	for {
		done, err := fn()
		var last final
		if done && err == nil || errors.As(err, &last) {
			return err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return errors.Join(fmt.Errorf("not within %s (%s)", within, t.note), err)
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

// call makes a request, and decodes the data of its answer into out unless that is nil.
func (t *trial) call(method, path string, in, out any, headers ...string) error {
	b, h, err := t.raw(method, path, in, headers...)
	if err != nil {
		return err
	}
	if at := h.Get("Morket-Position"); at != "" && method != http.MethodGet {
		t.position = at
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Data, out)
}

// raw makes a request and returns the body of a successful answer.
func (t *trial) raw(method, path string, in any, headers ...string) ([]byte, http.Header, error) {
	contentType, sent := "application/json", []byte(nil)
	switch b := in.(type) {
	case nil:
	case body:
		contentType, sent = b.contentType, []byte(b.text)
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			return nil, nil, err
		}
	}
	req, err := http.NewRequestWithContext(t.ctx, method, t.base+path, bytes.NewReader(sent))
	if err != nil {
		return nil, nil, err
	}
	if sent != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if t.token != "" {
		req.Header.Set("Authorization", "Bearer "+t.token)
	}
	if t.position != "" && method == http.MethodGet {
		req.Header.Set("Morket-Min-Position", t.position)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %.500s", method, path, res.Status, b)
	}
	return b, res.Header, err
}
