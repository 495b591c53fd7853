package chread_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/chchild"
	"github.com/morket/morket/adapters/chread"
)

// server is the address of the ClickHouse that these tests share: MORKET_TEST_CLICKHOUSE_URL, else a child.
//
//nolint:gochecknoglobals // one server per test process is the point
var server = sync.OnceValues(func() (string, error) {
	if at := os.Getenv("MORKET_TEST_CLICKHOUSE_URL"); at != "" {
		return at, nil
	}
	s, err := chchild.Start(context.Background(), chchild.Config{})
	if err != nil {
		return "", err
	}
	child = s
	return s.URL(), nil
})

//nolint:gochecknoglobals // for TestMain
var child *chchild.Server

func TestMain(m *testing.M) {
	code := m.Run()
	if child != nil {
		_ = child.Stop()
	}
	os.Exit(code)
}

// client connects to a database of the test's own.
func client(t *testing.T) *chread.Client {
	t.Helper()
	at, err := server()
	require.NoError(t, err)
	return connect(t, at)
}

func connect(t *testing.T, at string) *chread.Client {
	t.Helper()
	name := "t_" + strings.ToLower(strings.NewReplacer("/", "_", "'", "", ",", "").Replace(t.Name()))
	c, err := chread.Open(at + "/" + name)
	require.NoError(t, err)
	require.NoError(t, c.Ping(t.Context()))
	require.NoError(t, chread.DropDatabase(t.Context(), c))
	t.Cleanup(func() {
		_ = chread.DropDatabase(context.Background(), c)
		_ = c.Close()
	})
	return c
}
