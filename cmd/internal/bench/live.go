package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// live measures how long it takes from one client's edit until another client's event stream shows it.
func (b *serverBench) live(ctx context.Context) ([]Ratio, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := b.open(ctx, http.MethodGet, b.path("/stream"), nil) //nolint:bodyclose // closed below; the linter loses it at the goroutine
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	arrivals := make(chan arrival, 16)
	ended := make(chan error, 1)
	go func() { ended <- listen(ctx, res.Body, arrivals) }()
	var took, committed []time.Duration
	for i := range questionRounds {
		start := time.Now()
		position, err := b.edit(ctx, b.rows[i], fmt.Sprint("Live ", i))
		if err != nil {
			return nil, err
		}
		committed = append(committed, time.Since(start))
		at, err := shown(ctx, arrivals, ended, position)
		if err != nil {
			return nil, err
		}
		took = append(took, at.Sub(start))
	}
	slices.Sort(took)
	slices.Sort(committed)
	return latencies("edit to another screen", took, committed, 0, 250, "limit: the edit's own answer"), nil
}

// arrival is a patch that has come.
type arrival struct {
	position int64
	at       time.Time
}

// shown waits for the patch of a position.
func shown(ctx context.Context, arrivals <-chan arrival, ended chan error, position int64) (time.Time, error) {
	for {
		select {
		case a := <-arrivals:
			if a.position >= position {
				return a.at, nil
			}
		case err := <-ended:
			ended <- err
			return time.Time{}, fmt.Errorf("the event stream has ended: %w", err)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-time.After(10 * time.Second):
			return time.Time{}, fmt.Errorf("no patch for position %d within 10 s", position)
		}
	}
}

// listen reads Server-Sent Events.
func listen(ctx context.Context, body io.Reader, arrivals chan<- arrival) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var patch struct{ Position int64 }
		if !ok || json.Unmarshal([]byte(data), &patch) != nil || patch.Position == 0 {
			continue
		}
		select {
		case arrivals <- arrival{patch.Position, time.Now()}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.Join(lines.Err(), io.EOF)
}
