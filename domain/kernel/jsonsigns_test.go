package kernel_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestEachSign(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":[1,"[{\"]"],"b":{}}`: "{1 :1 [2 ,2 ]1 ,1 :1 {2 }1 }0", `"[[["`: "", `"\\",[`: ",0 [1", `[[`: "[1 [2", "": "", `"never closed [`: "",
	} {
		var got []string
		kernel.EachSign([]byte(text), func(sign byte, depth int) bool {
			got = append(got, string(sign)+string(rune('0'+depth)))
			return true
		})
		require.Equal(t, want, strings.Join(got, " "), text)
	}
	n := 0
	kernel.EachSign([]byte("[[[["), func(byte, int) bool { n++; return n < 2 })
	require.Equal(t, 2, n)
}

func TestNumbersFit(t *testing.T) {
	t.Parallel()
	for text, misfit := range map[string]string{
		`{"a":[1,-2.5e10,0.0,-0,0e999],"1e400":"1e400"}`: "", "9007199254740993": "", "1e308": "", "1e-300": "", strings.Repeat("9", 300): "",
		"[1,1e400]": "1e400", `{"a":-1e999999}`: "-1e999999", "1e-400": "1e-400", strings.Repeat("9", 400): strings.Repeat("9", 100), "0." + strings.Repeat("1", 1000): "0." + strings.Repeat("1", 98),
	} {
		got, ok := kernel.NumbersFit([]byte(text))
		require.Equal(t, misfit, got, text)
		require.Equal(t, misfit == "", ok, text)
	}
}
