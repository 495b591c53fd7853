package boot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	Temporal    string `json:"temporal"` // host:port
}

func runtimePath(dataDir string) string { return filepath.Join(dataDir, "runtime.json") }

// write makes the file and keeps it locked until the process ends or closes what it returns. The lock, not the pid, tells
// that the server lives: it goes with a crash, while the pid may come to belong to another process. The file is readable for
// its owner only: the URL has the database's password in it.
func (r Runtime) write(dataDir string) (io.Closer, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	tmp := runtimePath(dataDir) + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write the runtime file: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	if err == nil {
		err = os.Rename(tmp, runtimePath(dataDir))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write the runtime file: %w", err), f.Close())
	}
	return f, nil
}

// Running returns the server that runs on the data folder, false if there is none.
func Running(dataDir string) (Runtime, bool) {
	f, err := os.Open(runtimePath(dataDir))
	if err != nil {
		return Runtime{}, false
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
		return Runtime{}, false // nobody holds it
	}
	var r Runtime
	err = json.NewDecoder(f).Decode(&r)
	return r, err == nil && r.Pid > 0
}
