package boot

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Runtime is what a running server leaves in its data folder, so that the other commands of the same folder find its
// embedded services instead of starting them twice.
type Runtime struct {
	Pid         int    `json:"pid"`
	Address     string `json:"address"`
	DatabaseURL string `json:"database_url"`
}

func runtimePath(dataDir string) string { return filepath.Join(dataDir, "runtime.json") }

// write keeps the file readable for its owner only: the URL has the database's password in it.
func (r Runtime) write(dataDir string) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	tmp := runtimePath(dataDir) + ".tmp"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("write the runtime file: %w", err)
	}
	return os.Rename(tmp, runtimePath(dataDir))
}

// Running returns the server that runs on the data folder, false if there is none.
func Running(dataDir string) (Runtime, bool) {
	b, err := os.ReadFile(runtimePath(dataDir))
	if err != nil {
		return Runtime{}, false
	}
	var r Runtime
	if json.Unmarshal(b, &r) != nil || r.Pid <= 0 {
		return Runtime{}, false
	}
	err = syscall.Kill(r.Pid, 0)
	return r, err == nil || errors.Is(err, syscall.EPERM)
}
