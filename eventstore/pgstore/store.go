package pgstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Config is what a Store needs. Only Pool must be set.
type Config struct {
	// Pool serves the reads. Appends and notifications use connections of their own, made with the pool's settings.
	Pool *pgxpool.Pool
	// Clock stamps events; nil is the database's clock. Either way no event is stamped earlier than the one before it.
	Clock  kernel.Clock
	Logger *slog.Logger
	// OnBatch is told of each committed batch: how many appends and events it held. It may be nil and must be quick.
	OnBatch func(appends, events int)
	// Short says whether events' metadata may be written in the short form: all processes that read the log can then read it. Nil: it
	// may. Events of either form are read.
	Short func() bool

	MaxWaiting      int           // appends that may wait; more is ErrBusy. Default 4096.
	MaxWaitingBytes int64         // bytes that may wait; more is ErrBusy. Default 128 MB.
	PartitionSize   int64         // positions in a partition of log.events; default 4 million
	KeyLife         time.Duration // how long an idempotency key lives that is not kept for ever; default 48 hours
	LockTimeout     time.Duration // how long a batch waits for the head, then it is ErrBusy; default 10 s
	NotifyEvery     time.Duration // the shortest time between two notifications to other processes; default 5 ms
}

func (c Config) withDefaults() (Config, error) {
	if c.Pool == nil {
		return c, errors.New("pgstore: Config.Pool is missing")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&c.MaxWaiting, 4096)
	setDefault(&c.MaxWaitingBytes, 2*eventstore.MaxAppendBytes)
	setDefault(&c.PartitionSize, partitionSize)
	setDefault(&c.KeyLife, 48*time.Hour)
	setDefault(&c.LockTimeout, 10*time.Second)
	setDefault(&c.NotifyEvery, 5*time.Millisecond)
	return c, nil
}

// partitionSize is the default of Config.PartitionSize.
const partitionSize = 4_000_000

func setDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Store is the log in Postgres. It is safe for concurrent use, also by several processes on one database.
type Store struct {
	cfg        Config
	pool       *pgxpool.Pool
	log        *slog.Logger
	queue      *queue
	turn       turn
	words      *words
	partitions *partitions
	appended   eventstore.Signal
	notify     chan struct{} // holds one element when other processes are to be told
	instance   string        // tells our own notifications from those of others
	stop       context.CancelFunc
	background sync.WaitGroup
	appenders  sync.WaitGroup
	closing    sync.Once
}

var (
	_ eventstore.Store           = (*Store)(nil)
	_ eventstore.WorkspaceReader = (*Store)(nil)
)

// Open starts a store on a database that Migrate has been run on. Close it at the end.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		cfg: cfg, pool: cfg.Pool, log: cfg.Logger,
		queue:      newQueue(cfg.MaxWaiting, cfg.MaxWaitingBytes),
		partitions: newPartitions(cfg.Pool, cfg.PartitionSize),
		notify:     make(chan struct{}, 1),
		instance:   newInstance(),
	}
	if s.words, err = openWords(ctx, cfg.Pool); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	if err := s.partitions.extend(ctx, head); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	// The appenders end by the queue's closing, so that what was accepted is answered; the rest ends by the context.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	for range appenders {
		s.appenders.Go(func() { s.runAppender(context.WithoutCancel(ctx)) })
	}
	for _, run := range []func(context.Context){s.runNotifier, s.runListener, s.runPartitions, s.runPruner} {
		s.background.Go(func() { run(life) })
	}
	return s, nil
}

// Close answers the appends that are waiting, then ends the store. Appends that come later are ErrClosed.
func (s *Store) Close() {
	s.closing.Do(func() {
		s.queue.close()
		s.appenders.Wait()
		s.stop()
		s.background.Wait()
	})
}

// Waiting returns how many appends wait to be committed, and their size in bytes.
func (s *Store) Waiting() (appends int, bytes int64) {
	return len(s.queue.small) + len(s.queue.large), s.queue.bytes.Load()
}

// Appended returns a channel that is closed when something was appended after the call, here or in another process.
func (s *Store) Appended() <-chan struct{} { return s.appended.Wait() }
