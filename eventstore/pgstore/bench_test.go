package pgstore_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

// `morket bench` has the same figures as ratios to their limits; these are for profiling.

func BenchmarkAppend(b *testing.B) {
	for _, clients := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("%d clients", clients), func(b *testing.B) {
			s := open(b, pgstore.Config{})
			var next atomic.Int64
			errs := make([]error, clients)
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for c := range clients {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N) && errs[c] == nil; n = next.Add(1) {
						_, errs[c] = s.Append(b.Context(), one(eventstore.Stream("a", strconv.Itoa(c)), strconv.FormatInt(n, 10), "t.v1"))
					}
				})
			}
			wg.Wait()
			for _, err := range errs {
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}

func BenchmarkAppendThousand(b *testing.B) {
	s := open(b, pgstore.Config{})
	const n = 1000
	req := many(n, `{"n":1,"text":"a small event of a hundred bytes or so, as an edit of one cell makes"}`)
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Append(b.Context(), req)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkAppendChunks(b *testing.B) {
	s := open(b, pgstore.Config{})
	const n, cells = 200, 1000
	req := many(n, `{"cells":[`+strings.TrimSuffix(strings.Repeat(`"ada@example.com",`, cells), ",")+`]}`)
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Append(b.Context(), req)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(n*cells*b.N)/b.Elapsed().Seconds(), "cells/s")
}

func BenchmarkReadAll(b *testing.B) {
	s := open(b, pgstore.Config{})
	const n, page = 100_000, 5000
	req := many(n/20, `{"n":1,"text":"a small event of a hundred bytes or so, as an edit of one cell makes"}`)
	for range 20 {
		_, err := s.Append(b.Context(), req)
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for after := int64(0); after < n; {
			events, err := s.ReadAll(b.Context(), after, page)
			require.NoError(b, err)
			after = events[len(events)-1].Position
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}

// many is an append of the same event many times.
func many(n int, data string) eventstore.Append {
	req := one("import-1", "", "t.v1")
	events := make([]eventstore.EventData, n)
	for i := range events {
		events[i] = eventstore.EventData{Type: "t.v1", Data: json.RawMessage(data)}
	}
	req.Streams[0].Events = events
	return req
}
