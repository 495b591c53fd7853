package childproc

import (
	"os"
	"strings"
)

// Env returns the environment for a server that we run: the few variables that any program needs, and the given ones.
// Nothing else of ours is passed on: keys and passwords are among it.
func Env(extra ...string) []string {
	keep := []string{"PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SystemRoot", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range keep {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, extra...)
}

// ToolEnv returns the environment for a package manager: ours without what configures Morket or a database client.
// Proxies, registries and certificates are the machine's own settings, so they stay.
func ToolEnv(extra ...string) []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		ours := strings.HasPrefix(name, "MORKET_") || strings.HasPrefix(name, "PG") || strings.HasSuffix(name, "_URL") &&
			!strings.Contains(name, "INDEX") && !strings.Contains(name, "PROXY")
		if !ours {
			env = append(env, kv)
		}
	}
	return append(env, extra...)
}
