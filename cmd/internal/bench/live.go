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
	took, answered, err := editsUntilShown(ctx, func(ctx context.Context, i int) (int64, error) {
		return b.edit(ctx, b.rows[i],
			fmt.Sprint("Live ", i))
	}, arrivals, ended)
	if err != nil {
		return nil, err
	}
	return latencies("edit to another screen", took, answered, 0, 250, "limit: the edit's own answer"), nil
}

// editsUntilShown makes edits one after the other, each when the one before has arrived. It returns how long they took, sorted, until they
// arrived and until they were answered.
func editsUntilShown(
	ctx context.Context, edit func(ctx context.Context, i int) (position int64, err error), arrivals <-chan arrival, ended chan error,
) (took, answered []time.Duration, err error) {
	for i := range questionRounds {
		start := time.Now()
		position, err := edit(ctx, i)
		if err != nil {
			return nil, nil, err
		}
		answered = append(answered, time.Since(start))
		at, err := shown(ctx, arrivals, ended, position)
		if err != nil {
			return nil, nil, err
		}
		took = append(took, at.Sub(start))
	}
	slices.Sort(took)
	slices.Sort(answered)
	return took, answered, nil
}

// arrival is an edit that has come somewhere.
type arrival struct {
	position int64
	at       time.Time
}

// shown waits for the edit of a position.
func shown(ctx context.Context, arrivals <-chan arrival, ended chan error, position int64) (time.Time, error) {
	for {
		select {
		case a := <-arrivals:
			if a.position >= position {
				return a.at, nil
			}
		case err := <-ended:
			ended <- err
			return time.Time{}, fmt.Errorf("nothing comes any more: %w", err)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-time.After(10 * time.Second):
			return time.Time{}, fmt.Errorf("position %d did not come within 10 s", position)
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
