package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
)

// backupParts is how much of a backup an upload to a bucket holds in memory: of the 10,000 parts that an object may have, a backup of
// 640 GB.
const backupParts = 64 << 20

// Where S3 is when no server of it is named.
const awsHost = "s3.amazonaws.com"

// IsBucket reports whether a place for backups is a bucket.
func IsBucket(target string) bool { return strings.Contains(target, "://") }

// shelfAt opens the place for backups that the target names, as MORKET_BACKUP_TARGET does.
func shelfAt(cfg config.Config, target string, clock kernel.Clock) (*backup.Shelf, error) {
	store, err := shelfStoreAt(cfg, target, clock)
	if err != nil {
		return nil, err
	}
	return backup.NewShelf(store, clock), nil
}

func shelfStoreAt(cfg config.Config, target string, clock kernel.Clock) (backup.ShelfStore, error) {
	if !IsBucket(target) {
		store, err := objectstore.NewFolder(target, clock)
		if err != nil {
			return nil, fmt.Errorf("the folder for backups: %w", err)
		}
		return store, nil
	}
	at, err := bucketAddress(target, cfg.S3URL.Reveal())
	if err != nil {
		return nil, err
	}
	store, err := objectstore.NewS3(at, clock)
	if err != nil {
		return nil, fmt.Errorf("the bucket for backups: %w", err)
	}
	return store.WithParts(backupParts), nil
}

// bucketAddress makes s3://bucket/prefix an address at the server of the uploads' bucket, else at AWS.
func bucketAddress(target, uploads string) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", errors.New("the bucket for backups has an address that can't be read") // the cause would repeat its secret
	}
	if u.Scheme != "s3" {
		return target, nil
	}
	at := &url.URL{Scheme: "https", Host: awsHost, RawQuery: u.RawQuery, User: u.User}
	if uploads != "" {
		there, err := url.Parse(uploads)
		if err != nil {
			return "", errors.New("S3_URL can't be read")
		}
		at.Scheme, at.Host = there.Scheme, there.Host
		if at.User == nil {
			at.User = there.User
		}
		if at.RawQuery == "" {
			at.RawQuery = there.RawQuery
		}
	}
	at.Path = "/" + u.Host + u.Path
	return at.String(), nil
}

// OpenBackup opens a backup to restore or drill: a file, or one in a bucket, s3://bucket/prefix/morket_….
func OpenBackup(ctx context.Context, cfg config.Config, place string) (io.ReadCloser, error) {
	if !IsBucket(place) {
		return os.Open(place)
	}
	address, query, _ := strings.Cut(place, "?")
	cut := strings.LastIndexByte(address, '/')
	if query != "" {
		query = "?" + query
	}
	shelf, err := shelfAt(cfg, address[:cut]+query, kernel.SystemClock{})
	if err != nil {
		return nil, err
	}
	return shelf.Open(ctx, address[cut+1:])
}

// BackupTo takes a backup into a bucket or onto another place for backups.
func BackupTo(ctx context.Context, cfg config.Config, target string, write func(w io.Writer) error) (name string, err error) {
	shelf, err := shelfAt(cfg, target, kernel.SystemClock{})
	if err != nil {
		return "", err
	}
	k, err := shelf.Add(ctx, func(w io.Writer) (backup.Kept, error) { return backup.Kept{}, write(w) })
	return k.Name, err
}
