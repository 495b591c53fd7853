package creditcmd

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Category is the category of the ledger's streams; the id is the workspace's.
const Category = "credit"

// Ledger appends to credit accounts. Appends of one account queue in this process, so that a busy account meets its own
// queue instead of version conflicts; a conflict with another process is retried with the fresh account.
type Ledger struct {
	store eventstore.Store
	codec *eventstore.Codec
	repo  *eventstore.Repo[*credit.Account]

	mu       sync.Mutex
	accounts map[kernel.WorkspaceID]*account
}

// account is one account's queue and its state as of the last append of this process.
type account struct {
	turn    chan struct{} // holds one token: whoever has it may append
	state   *credit.Account
	version int64
}

// NewLedger returns a ledger over the log.
func NewLedger(store eventstore.Store, codec *eventstore.Codec) *Ledger {
	return &Ledger{
		store: store, codec: codec, accounts: map[kernel.WorkspaceID]*account{},
		repo: eventstore.NewRepo(Category, store, codec, credit.NewAccount),
	}
}

// maxAttempts bounds the retries against other processes; each starts from the state that won.
const maxAttempts = 20

// Commit lets decide record entries on the workspace's account and appends them together with the changes of other
// streams, all or nothing. Decide may be called again with a fresher account. A conflict on one of the other streams is
// the caller's to resolve and is returned as it is.
func (l *Ledger) Commit(ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, result any, decide func(*credit.Account) error, changes ...eventstore.Change) (eventstore.Appended, error) {
	acct := l.account(ws)
	select {
	case <-acct.turn:
		defer func() { acct.turn <- struct{}{} }()
	case <-ctx.Done():
		return eventstore.Appended{}, ctx.Err()
	}
	stream := l.repo.Stream(string(ws))
	var last error
	for range maxAttempts {
		if err := l.refresh(ctx, acct, ws); err != nil {
			return eventstore.Appended{}, err
		}
		if err := decide(acct.state); err != nil {
			acct.state = nil
			return eventstore.Appended{}, err
		}
		all := append([]eventstore.Change{eventstore.At(stream, eventstore.Expected(acct.version), acct.state.Pending()...)}, changes...)
		req, err := l.codec.Append(meta, result, all...)
		if err != nil {
			acct.state = nil
			return eventstore.Appended{}, err
		}
		req.KeepKey = true // money moved: the key is kept for ever
		done, err := l.store.Append(ctx, req)
		if err == nil && !done.Replayed {
			acct.state.Committed()
			acct.version = done.Versions[0]
			return done, nil
		}
		acct.state = nil // what it holds did not happen, or happened before
		if err == nil || !onStream(err, stream) {
			return done, err
		}
		last = err
	}
	return eventstore.Appended{}, fmt.Errorf("append to the ledger of %s: %w", ws, last)
}

// onStream reports whether err is a conflict on the stream.
func onStream(err error, stream eventstore.StreamID) bool {
	var c *eventstore.ConflictError
	return errors.As(err, &c) && c.Stream == stream
}

func (l *Ledger) account(ws kernel.WorkspaceID) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.accounts[ws]
	if !ok {
		a = &account{turn: make(chan struct{}, 1)}
		a.turn <- struct{}{}
		l.accounts[ws] = a
	}
	return a
}

func (l *Ledger) refresh(ctx context.Context, acct *account, ws kernel.WorkspaceID) error {
	if acct.state != nil {
		return nil
	}
	state, version, err := l.repo.Load(ctx, string(ws))
	if err != nil {
		return err
	}
	acct.state, acct.version = state, version
	return nil
}

// Account loads the workspace's account as the log has it.
func (l *Ledger) Account(ctx context.Context, ws kernel.WorkspaceID) (*credit.Account, error) {
	a, _, err := l.repo.Load(ctx, string(ws))
	return a, err
}
