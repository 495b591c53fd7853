package childproc

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// AnswerWithin is how long one question takes at most whether a child is ready. A busy machine needs seconds for a handshake: one that is
// broken off before that is begun anew for ever, and only adds to what the child has to do.
const AnswerWithin = 10 * time.Second

// ReadyByHTTP is a Config.Ready of a child that can be used once the address answers 200.
func ReadyByHTTP(url string) func(ctx context.Context, pid int) error {
	client := &http.Client{Timeout: AnswerWithin, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	return func(ctx context.Context, _ int) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, res.Status)
		}
		return nil
	}
}
