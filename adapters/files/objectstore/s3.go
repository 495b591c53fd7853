package objectstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// S3 keeps objects in a bucket, for processes that don't share a disk.
type S3 struct {
	core   minio.Core
	bucket string
	prefix string // before every key: "" or "a/b/"
	region string
	clock  kernel.Clock
	part   uint64 // of an upload

	mu   sync.Mutex
	made bool // the bucket is there
}

const (
	// partBytes is what an upload holds in memory; S3 takes at most 10,000 parts of at least 5 MiB (multipart upload limits).
	partBytes = 8 << 20
	// tries is how often a request is made that failed in a way that may pass.
	tries = 3
	// patience is how long the server may keep silent: before it answers, and between two pieces of an object.
	patience = 30 * time.Second
)

// NewS3 reads the bucket from a URL, http(s)://key:secret@host:port/bucket/prefix?region=…. Without key and secret they come
// from the environment, a credentials file, or the machine's role (the usual chain of AWS). It doesn't connect.
func NewS3(rawURL string, clock kernel.Clock) (*S3, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the S3 URL must look like https://key:secret@host/bucket") // without the URL, which holds a secret
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return nil, errors.New("the S3 URL names no bucket: https://key:secret@host/bucket")
	}
	if prefix != "" {
		prefix += "/"
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 10 * time.Second,
		ResponseHeaderTimeout: patience, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, DisableCompression: true, ForceAttemptHTTP2: true,
	}
	region := u.Query().Get("region")
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentialsOf(u.User, transport), Secure: u.Scheme == "https", Region: region, Transport: transport, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("set up S3: %w", err)
	}
	return &S3{core: minio.Core{Client: client}, bucket: bucket, prefix: prefix, region: region, clock: clock, part: partBytes}, nil
}

// WithParts returns the store with uploads cut into parts of the size, which each upload then holds in memory: an object may have 10,000
// of them.
func (s *S3) WithParts(bytes uint64) *S3 {
	return &S3{core: s.core, bucket: s.bucket, prefix: s.prefix, region: s.region, clock: s.clock, part: bytes}
}

func credentialsOf(user *url.Userinfo, transport http.RoundTripper) *credentials.Credentials {
	if secret, ok := user.Password(); ok {
		return credentials.NewStaticV4(user.Username(), secret, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Client: &http.Client{Transport: transport}},
	})
}

// Check implements Store. It makes the bucket if it isn't there.
func (s *S3) Check(ctx context.Context) error {
	ok, err := s.core.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		err = s.core.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
	}
	if err != nil && s3Code(err) != minio.BucketAlreadyOwnedByYou {
		return s3Error(err)
	}
	return nil
}

// ready makes sure of the bucket, once.
func (s *S3) ready(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made {
		return nil
	}
	if err := s.Check(ctx); err != nil {
		return err
	}
	s.made = true
	return nil
}

// Put implements Store.
func (s *S3) Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error) {
	if err := checkKey(name); err != nil {
		return dataops.Object{}, err
	}
	if err := s.ready(ctx); err != nil {
		return dataops.Object{}, err
	}
	m := newMeter(ctx, r, limit)
	_, err := s.core.Client.PutObject(ctx, s.bucket, s.prefix+name, m, -1, minio.PutObjectOptions{
		PartSize:    s.part,
		ContentType: "application/octet-stream",
	})
	if m.err != nil { // the reader's trouble, not the store's
		return dataops.Object{}, m.err
	}
	if err != nil {
		return dataops.Object{}, s3Error(err)
	}
	return m.object(name), nil
}

// PutContent implements Store. The hash is known when all has been sent, so the object gets its name
// by a copy inside the store.
func (s *S3) PutContent(ctx context.Context, r io.Reader, limit int64) (dataops.Object, error) {
	temp := incomingKeys + rand.Text()
	o, err := s.Put(ctx, temp, r, limit)
	if err != nil {
		return o, err
	}
	defer func() { _ = s.Delete(context.WithoutCancel(ctx), temp) }() // else Sweep removes it
	o.Key = contentKey(o.SHA256)
	_, err = s.core.Client.CopyObject(ctx, minio.CopyDestOptions{
		Bucket: s.bucket,
		Object: s.prefix + o.Key,
	}, minio.CopySrcOptions{Bucket: s.bucket, Object: s.prefix + temp})
	if err != nil {
		return dataops.Object{}, s3Error(err)
	}
	return o, nil
}

// Open implements Store.
func (s *S3) Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	var o minio.GetObjectOptions
	if offset > 0 {
		if err := o.SetRange(offset, 0); err != nil {
			return nil, fmt.Errorf("object store: %w", err)
		}
	}
	body, _, _, err := s.core.GetObject(ctx, s.bucket, s.prefix+key, o)
	switch s3Code(err) {
	case "":
		if err != nil {
			return nil, s3Error(err)
		}
		return &patientBody{body}, nil
	case minio.NoSuchKey, minio.NoSuchBucket:
		return nil, kernel.NotFound("object", key)
	case minio.InvalidRange: // from the end on there is nothing
		return io.NopCloser(strings.NewReader("")), nil
	default:
		return nil, s3Error(err)
	}
}

// List implements Store.
func (s *S3) List(ctx context.Context, do func(key string) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends a listing that is left early
	defer cancel()
	for o := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		switch key := strings.TrimPrefix(o.Key, s.prefix); {
		case s3Code(o.Err) == minio.NoSuchBucket:
			return nil
		case o.Err != nil:
			return s3Error(o.Err)
		case strings.HasPrefix(key, incomingKeys), checkKey(key) != nil: // not whole yet, or not ours
		default:
			if err := do(key); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	err := s.core.RemoveObject(ctx, s.bucket, s.prefix+key, minio.RemoveObjectOptions{})
	if code := s3Code(err); err == nil || code == minio.NoSuchKey || code == minio.NoSuchBucket {
		return nil
	}
	return s3Error(err)
}

// Sweep implements Store. A store that can't list unfinished uploads must end them itself: set a life-cycle rule
// (AbortIncompleteMultipartUpload) on its bucket.
func (s *S3) Sweep(ctx context.Context) error {
	return s.SweepBefore(ctx, s.clock.Now().Add(-staleAfter))
}

// SweepBefore is Sweep for what was left before the time.
func (s *S3) SweepBefore(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listings that are left early
	defer cancel()
	for part := range s.core.ListIncompleteUploads(ctx, s.bucket, s.prefix, true) {
		switch {
		case s3Code(part.Err) == minio.NoSuchBucket:
			return nil
		case statusOf(part.Err) == http.StatusNotImplemented:
		case part.Err != nil:
			return s3Error(part.Err)
		case part.Initiated.Before(before):
			if err := s.core.AbortMultipartUpload(ctx, s.bucket, part.Key, part.UploadID); err != nil && s3Code(err) != minio.NoSuchUpload {
				return s3Error(err)
			}
		}
	}
	for o := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + incomingKeys, Recursive: true}) {
		switch {
		case s3Code(o.Err) == minio.NoSuchBucket:
			return nil
		case o.Err != nil:
			return s3Error(o.Err)
		case o.LastModified.Before(before):
			if err := s.Delete(ctx, strings.TrimPrefix(o.Key, s.prefix)); err != nil {
				return err
			}
		}
	}
	return nil
}

func s3Code(err error) string {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

func statusOf(err error) int {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

// storageFull is MinIO's code for a disk that is full; others answer 507.
const storageFull = "XMinioStorageFull"

// s3Error gives the store's trouble the form that a caller may see.
func s3Error(err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("object store: %w", err)
	}
	if s3Code(err) == storageFull || statusOf(err) == http.StatusInsufficientStorage {
		return kernel.E(kernel.KindUnavailable, "DISK_FULL",
			"the object store (S3_URL) has no room left; ask the server's operator to make some").Because(err)
	}
	e := kernel.E(kernel.KindUnavailable, "OBJECT_STORE_AWAY",
		"the object store (S3_URL) can't be used now; try again in a moment").Because(err)
	e.RetryAfter = 5 * time.Second
	return e
}

// patientBody reads an object and gives up on a server that has fallen silent.
type patientBody struct{ io.ReadCloser }

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	silent := time.AfterFunc(patience, func() { _ = b.Close() })
	defer silent.Stop()
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, s3Error(err)
	}
	return n, err
}
