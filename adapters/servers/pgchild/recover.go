package pgchild

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

// Recovery is a point in time to which a server is brought.
type Recovery struct {
	Base     io.Reader                                      // the tar of Replica.Base
	From     LSN                                            // of the base
	Timeline int32                                          // likewise
	Log      func(to func(at LSN, data []byte) error) error // hands over the log from From on, without a gap
	// Until is where it ends: the last commit at or before the time; or the transaction of the number, with it. Neither: where the log ends.
	Until       time.Time
	Transaction string
}

// recoverWithin is how long the log may take to be replayed, that of a day or more.
const recoverWithin = 12 * time.Hour

// segmentBytes is the size of a segment of the log, initdb's default.
const segmentBytes = 16 << 20

// Recover makes a data folder of a base backup and the log, and runs the server on it from where that ends; the folder is a new timeline
// of its own then. The data folder must be empty. A Recovery whose end is not in the log is a *RecoveryError.
func Recover(ctx context.Context, cfg Config, r Recovery) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	as, err := childproc.Unprivileged("postgres")
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	at, err := prepare(cfg, as)
	if err != nil {
		return nil, fmt.Errorf("postgres: data folder: %w", err)
	}
	if major, err := dataMajor(at.data()); err != nil || major != 0 {
		return nil, errors.Join(err, fmt.Errorf("postgres: %s has a database already", at.data()))
	}
	settings, err := r.lay(at, as)
	if err != nil {
		return nil, fmt.Errorf("postgres: lay out the database to recover: %w", err)
	}
	cfg.within = recoverWithin
	s, err := start(ctx, cfg, at, as)
	if err != nil {
		return nil, &RecoveryError{Log: childproc.Tail(at.log()), cause: err}
	}
	if err := os.WriteFile(settings.path, settings.was, secretMode); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: take back the settings of the recovery: %w", err), s.Stop())
	}
	return s, nil
}

// RecoveryError says that a server has not come to where it should.
type RecoveryError struct {
	Log   string // the end of the server's
	cause error
}

// TooFar reports whether the log ended before the point in time.
func (e *RecoveryError) TooFar() bool {
	return strings.Contains(e.Log, "recovery ended before configured recovery target was reached")
}

// Error says what happened.
func (e *RecoveryError) Error() string { return "recover the database: " + e.cause.Error() }

// Unwrap returns the cause.
func (e *RecoveryError) Unwrap() error { return e.cause }

// autoConf is a file of settings and what was in it before.
type autoConf struct {
	path string
	was  []byte
}

// lay makes the data folder in a sibling that is renamed at the end, so that a crash leaves no half-made one behind.
func (r Recovery) lay(at place, as *childproc.Identity) (c autoConf, err error) {
	fresh := at.data() + ".new"
	if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, dataMode)); err != nil {
		return c, err
	}
	if err := unpackBase(r.Base, fresh); err != nil {
		return c, fmt.Errorf("the base backup: %w", err)
	}
	if err := r.segments(filepath.Join(fresh, "pg_wal")); err != nil {
		return c, err
	}
	const name = "postgresql.auto.conf"
	was, err := os.ReadFile(filepath.Join(fresh, name))
	if err != nil {
		return c, err
	}
	settings := append(was, r.settings()...)
	if err := os.WriteFile(filepath.Join(fresh, name), settings, secretMode); err != nil { //nolint:gosec // G703: the folder is ours
		return c, err
	}
	if err := os.WriteFile(filepath.Join(fresh, "recovery.signal"), nil, secretMode); err != nil {
		return c, err
	}
	err = filepath.WalkDir(fresh, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return as.Own(path)
	})
	if err != nil {
		return c, err
	}
	if err := os.Remove(at.data()); err != nil { // it is empty
		return c, err
	}
	return autoConf{filepath.Join(at.data(), name), was}, os.Rename(fresh, at.data())
}

// settings end the recovery where it should. The log lies in its folder, so the command that would fetch it finds nothing.
func (r Recovery) settings() string {
	s := "\nrestore_command = 'false'\nrecovery_target_action = 'promote'\nrecovery_target_timeline = 'current'\nhot_standby = off\n"
	switch {
	case r.Transaction != "":
		s += "recovery_target_xid = '" + r.Transaction + "'\n"
	case !r.Until.IsZero():
		s += "recovery_target_time = '" + r.Until.UTC().Format("2006-01-02 15:04:05.999999+00") + "'\n"
	}
	return s
}

// segments writes the log as the server's files of it, each of a fixed size.
func (r Recovery) segments(dir string) (err error) {
	if err := os.MkdirAll(filepath.Join(dir, "archive_status"), dataMode); err != nil {
		return err
	}
	var open *os.File
	defer func() {
		if open != nil {
			err = errors.Join(err, open.Close())
		}
	}()
	number := ^uint64(0)
	return r.Log(func(at LSN, data []byte) error {
		for len(data) > 0 {
			if n := uint64(at) / segmentBytes; n != number || open == nil {
				if open != nil {
					if err := open.Close(); err != nil {
						return err
					}
				}
				if open, err = segment(filepath.Join(dir, segmentName(r.Timeline, n))); err != nil {
					return err
				}
				number = n
			}
			offset := uint64(at) % segmentBytes
			n := min(uint64(len(data)), segmentBytes-offset)
			if _, err := open.WriteAt(data[:n], int64(offset)); err != nil {
				return err
			}
			at, data = at+LSN(n), data[n:]
		}
		return nil
	})
}

// segment opens a segment, which is full of zeros at first.
func segment(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, secretMode)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(segmentBytes); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// segmentName is that of PostgreSQL's XLogFileName.
func segmentName(timeline int32, number uint64) string {
	const perID = (1 << 32) / segmentBytes
	return fmt.Sprintf("%08X%08X%08X", timeline, number/perID, number%perID)
}

// unpackBase writes the files of a base backup, none of them outside the folder.
func unpackBase(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.Mkdir(filepath.Clean(h.Name), dataMode)
			if errors.Is(err, fs.ErrExist) {
				err = nil
			}
		case tar.TypeReg:
			err = putFile(root, h.Name, files)
		default:
			err = fmt.Errorf("%.100q is neither a file nor a folder", h.Name)
		}
		if err != nil {
			return err
		}
	}
}

func putFile(root *os.Root, name string, r io.Reader) error {
	f, err := root.OpenFile(filepath.Clean(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, secretMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
