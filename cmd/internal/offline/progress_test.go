package offline

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProgressElsewhereIsLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &progress{}
	show := p.lines(&out, 200)
	for range 12_000 {
		p.at(50)
	}
	show()
	p.at(200)
	show()
	require.Equal(t, "12,000 rows, 25 %, 2,400 rows/s\n12,001 rows, 100 %, 0 rows/s\n", out.String())
}

func TestProgressOnATerminalIsABarThatGoesAway(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := watch(&out, true, 200)
	p.at(100)
	p.end()
	require.NotContains(t, out.String(), "\n")
}
