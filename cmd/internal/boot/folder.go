package boot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/morket/morket/adapters/servers/childproc"
)

// inUseFile is a file that lies in a data folder while its database runs, and after a crash. It names itself and the database's folder by
// what a copy of them does not have, so that a folder that was copied meanwhile is noticed: the copy of a running database is torn.
const inUseFile = "in-use.json"

// useMark is what the file says.
type useMark struct {
	Self     string `json:"self"`     // childproc.FileID
	Database string `json:"database"` // that of the database's folder; "" before it is there
}

// useFolder takes the data folder into use. It refuses one that was copied while it was in use. made reports whether it was free before:
// a failed start of the database leaves it again.
func useFolder(dir, database string) (made bool, err error) {
	path := filepath.Join(dir, inUseFile)
	switch text, err := os.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		return true, writeUse(dir, path, database)
	case err != nil:
		return false, fmt.Errorf("look into the data folder: %w", err)
	default:
		return false, sameFolder(path, database, text)
	}
}

func sameFolder(path, database string, text []byte) error {
	var said useMark
	if err := json.Unmarshal(text, &said); err != nil {
		return writeUse(filepath.Dir(path), path, database) // a loss of power tore it
	}
	self, err := idOf(path)
	if err != nil {
		return err
	}
	its, err := idOf(database)
	if err != nil {
		return err
	}
	if said.Self == self && (said.Database == "" || said.Database == its) {
		return nil // the server was killed, or another process uses it
	}
	return &CopiedError{Dir: filepath.Dir(path), Mark: path}
}

// CopiedError says that a data folder is a copy that was made while its database ran.
type CopiedError struct{ Dir, Mark string }

// Error says what to do.
func (e *CopiedError) Error() string {
	return fmt.Sprintf("the data folder %s is a copy that was made while its database ran, so that parts of it may be missing or torn; "+
		"nothing was started on it. "+
		"Take a backup of the original with morket backup FILE, which may run on, and read it into an empty folder with morket restore FILE; "+
		"or stop the original, copy its folder again and start that copy. "+
		"If nothing ran when it was copied, since the server had been killed before, or if it is a snapshot of the whole file system as of "+
		"one moment, "+
		"remove %s and start again", e.Dir, e.Mark)
}

// idOf tells a file from its copies, "" if it is not there.
func idOf(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look into the data folder: %w", err)
	}
	return childproc.FileID(info), nil
}

func writeUse(dir, path, database string) (err error) {
	its, err := idOf(database)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, inUseFile+".*")
	if err != nil {
		return fmt.Errorf("take the data folder into use: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		err = json.NewEncoder(f).Encode(useMark{Self: childproc.FileID(info), Database: its})
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path) // the name changes, the file does not
	}
	if err != nil {
		return errors.Join(fmt.Errorf("take the data folder into use: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// leaveFolder says that the database has been stopped: from here on the folder may be copied and moved.
func leaveFolder(dir string) error {
	if err := os.Remove(filepath.Join(dir, inUseFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("leave the data folder: %w", err)
	}
	return nil
}
