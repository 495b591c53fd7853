package eventstoretest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func hostileTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"data":          testHostileData,
		"names":         testHostileNames,
		"meta":          testHostileMeta,
		"result":        testHostileResult,
		"size":          testHostileSize,
		"odd but legal": testOddButLegal,
		"the innocent":  testPoison,
		"stored text is no reference to the caller's": testAliasing,
	}
}

func hostileData() map[string]string {
	return map[string]string{
		"NUL in text":       `{"a":"x\u0000y"}`,
		"NUL in a key":      `{"\u0000":1}`,
		"raw NUL":           "{\"a\":\"\x00\"}",
		"high surrogate":    `{"a":"\ud800"}`,
		"low surrogate":     `{"a":"\udc00x"}`,
		"two high":          `{"a":"\ud83d\ud83d"}`,
		"not UTF-8":         "{\"a\":\"\xff\xfe\"}",
		"raw newline":       "{\"a\":\"\n\"}",
		"cut off":           `{"a":`,
		"empty":             ``,
		"blank":             `   `,
		"array":             `[1]`,
		"null":              `null`,
		"two values":        `{}{}`,
		"trailing comma":    `{"a":1,}`,
		"NaN":               `{"a":NaN}`,
		"single quotes":     `{'a':1}`,
		"bad escape":        `{"a":"\x"}`,
		"bad unicode":       `{"a":"\u00zz"}`,
		"deep":              `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
		"very deep":         `{"a":` + strings.Repeat("[", 200000) + strings.Repeat("]", 200000) + `}`,
		"byte order mark":   "\ufeff{}",
		"escaped backslash": `{"a":"\\\u0000"}`,
	}
}

func requireInvalid(t *testing.T, err error, what string) {
	t.Helper()
	require.Error(t, err, what)
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), "%s: %v", what, err)
}

func testHostileData(t *testing.T, s eventstore.Store) {
	for name, data := range hostileData() {
		_, err := s.Append(t.Context(), request(on("a-1", eventstore.Any, eventstore.EventData{Type: "t.v1", Data: json.RawMessage(data)})))
		requireInvalid(t, err, name)
	}
	requireHead(t, s, 0)
}

func testHostileNames(t *testing.T, s eventstore.Store) {
	for _, stream := range []eventstore.StreamID{
		"", "a", "-", "a-", "-1", "a-\x00", "a-\n", "a-\xff", eventstore.StreamID("a-" + strings.Repeat("x", eventstore.MaxNameBytes)),
	} {
		_, err := s.Append(t.Context(), request(on(stream, eventstore.Any, event(1))))
		requireInvalid(t, err, fmt.Sprintf("stream %q", stream))
	}
	for _, typ := range []string{"", "\x00", "a\xffb", strings.Repeat("x", eventstore.MaxNameBytes+1)} {
		_, err := s.Append(t.Context(), request(on("a-1", eventstore.Any, eventstore.EventData{Type: typ, Data: event(1).Data})))
		requireInvalid(t, err, fmt.Sprintf("type %q", typ))
	}
	_, err := s.Append(t.Context(), request(on("a-1", -2, event(1))))
	requireInvalid(t, err, "version -2")
	requireHead(t, s, 0)
}

func testHostileMeta(t *testing.T, s eventstore.Store) {
	for name, change := range map[string]func(*kernel.Meta){
		"key with NUL":         func(m *kernel.Meta) { m.IdempotencyKey = "a\x00" },
		"key not UTF-8":        func(m *kernel.Meta) { m.IdempotencyKey = "\xff" },
		"long key":             func(m *kernel.Meta) { m.IdempotencyKey = strings.Repeat("k", eventstore.MaxNameBytes+1) },
		"fingerprint with NUL": func(m *kernel.Meta) { m.Fingerprint = "\x00" },
		"workspace with NUL":   func(m *kernel.Meta) { m.Workspace = "ws_\x00" },
		"client with NUL":      func(m *kernel.Meta) { m.Client = "curl\x00" },
	} {
		req := request(on("a-1", eventstore.Any, event(1)))
		change(&req.Meta)
		_, err := s.Append(t.Context(), req)
		requireInvalid(t, err, name)
	}
	requireHead(t, s, 0)
}

func testHostileResult(t *testing.T, s eventstore.Store) {
	for _, result := range []string{`{`, `"\u0000"`, "\xff", ` `} {
		req := request(on("a-1", eventstore.Any, event(1)))
		req.Result = json.RawMessage(result)
		_, err := s.Append(t.Context(), req)
		requireInvalid(t, err, result)
	}
}

func testHostileSize(t *testing.T, s eventstore.Store) {
	_, err := s.Append(t.Context(), request(on("a-1", eventstore.Any, sized(eventstore.MaxEventBytes+1))))
	require.Equal(t, kernel.KindTooLarge, kernel.KindOf(err), "%v", err)
	big := sized(eventstore.MaxEventBytes)
	_, err = s.Append(t.Context(), request(on("a-1", eventstore.Any, big, big, big, big, event(1))))
	require.Equal(t, kernel.KindTooLarge, kernel.KindOf(err), "%v", err)
	requireHead(t, s, 0)
	mustAppend(t, s, request(on("a-1", eventstore.Any, big)))
	got, err := s.ReadStream(t.Context(), "a-1", 0, 1)
	require.NoError(t, err)
	require.Len(t, got[0].Data, eventstore.MaxEventBytes)
}

func testOddButLegal(t *testing.T, s eventstore.Store) {
	for i, data := range []string{
		`{"a":"\\u0000"}`, `{"a":"\u0001\t\ud83d\uDE00"}`, "\r\n\t {}", `{"a":1e999999,"a":-0.000}`, `{"":""}`, "{\"a\":\"\u007f\ufffd\uffff\"}",
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
	} {
		mustAppend(t, s, request(on("a-{\"x\",NULL}'\\é😀", eventstore.Any, eventstore.EventData{Type: "t,v1", Data: json.RawMessage(data)})))
		got, err := s.ReadAll(t.Context(), int64(i), 1)
		require.NoError(t, err)
		require.Equal(t, data, string(got[0].Data))
		require.Equal(t, eventstore.StreamID("a-{\"x\",NULL}'\\é😀"), got[0].Stream)
	}
}

// testPoison appends good and bad at once: the bad ones fail alone.
func testPoison(t *testing.T, s eventstore.Store) {
	bad := eventstore.EventData{Type: "t.v1", Data: json.RawMessage(`{"a":"\u0000"}`)}
	const rounds = 20
	var wg sync.WaitGroup
	good, poisoned := make([]error, rounds), make([]error, rounds)
	for i := range rounds {
		wg.Go(func() { _, good[i] = s.Append(t.Context(), request(on("a-1", eventstore.Any, event(1)))) })
		wg.Go(func() { _, poisoned[i] = s.Append(t.Context(), request(on("a-1", eventstore.Any, bad))) })
	}
	wg.Wait()
	for i := range rounds {
		require.NoError(t, good[i])
		requireInvalid(t, poisoned[i], "poison")
	}
	requireHead(t, s, rounds)
}

func testAliasing(t *testing.T, s eventstore.Store) {
	data := []byte(`{"n":1}`)
	result := []byte(`"r"`)
	req := keyed("k", "f", on("a-1", eventstore.Any, eventstore.EventData{Type: "t.v1", Data: data}))
	req.Result = result
	mustAppend(t, s, req)
	data[5], result[1] = '2', 'x'
	require.JSONEq(t, `{"n":1}`, string(readAll(t, s, 1)[0].Data))
	c, _, err := s.Command(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, `"r"`, string(c.Result))
}
