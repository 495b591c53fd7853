package creditcmd

import (
	"context"
	"errors"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
)

// Category is the category of the ledger's streams; the id is the workspace's.
const Category = "credit"

// Ledger appends to credit accounts. What waits for one account is decided in order, each on what the one before it leaves, and
// goes into the log as one chain: so a busy account makes longer chains, not version conflicts, and its rate is not bound to
// the time that a commit takes. Each append keeps its own metadata, idempotency key and answer. A conflict with another
// process is decided again on the fresh account.
type Ledger struct {
	store eventstore.Store
	codec *eventstore.Codec
	repo  *eventstore.Repo[*credit.Account]
	keys  credit.Keys

	accounts *lru.Cache[kernel.WorkspaceID, *account]
}

// NewLedger returns a ledger over the log, whose entries the keys sign.
func NewLedger(store eventstore.Store, codec *eventstore.Codec, keys credit.Keys) *Ledger {
	return &Ledger{
		store: store, codec: codec, keys: keys, accounts: cached.New[kernel.WorkspaceID, *account](maxAccounts),
		repo: eventstore.NewRepo(Category, store, codec, func() *credit.Account { return credit.NewAccount(keys) }),
	}
}

// Commit lets decide record entries on the workspace's account and appends them together with the changes of other
// streams, all or nothing. Decide may be called again with a fresher account, from another goroutine, but never after Commit has
// returned. What decide refuses is answered once the log has confirmed the account that it refused on; if the idempotency key
// was used before, the first answer is given instead. A conflict on one of the other streams is the caller's to resolve and is
// returned as it is. Too many requests waiting for the account are eventstore.ErrBusy. A context that ends while the request waits is
// its error; once the request is on its way, it is ErrUnknownOutcome as well.
func (l *Ledger) Commit(
	ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, result any, decide func(*credit.Account) error, changes ...eventstore.Change,
) (eventstore.Appended, error) {
	return l.commit(ctx, ws, &request{meta: meta, result: result, decide: decide, changes: changes})
}

func (l *Ledger) commit(ctx context.Context, ws kernel.WorkspaceID, r *request) (eventstore.Appended, error) {
	r.answer = make(chan answer, 1)
	meta, acct := r.meta, l.account(ws)
	lead, err := acct.enqueue(r)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if lead {
		go l.lead(context.WithoutCancel(ctx), acct)
	}
	select {
	case a := <-r.answer:
		return l.first(ctx, meta, a)
	case <-ctx.Done():
	}
	if !r.leave() {
		return eventstore.Appended{}, ctx.Err()
	}
	select { // it may have been answered at the same moment
	case a := <-r.answer:
		return a.done, a.err
	default:
		return eventstore.Appended{}, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, ctx.Err())
	}
}

// first gives the first answer to a repeated request that is refused now because it was carried out before.
func (l *Ledger) first(ctx context.Context, meta kernel.Meta, a answer) (eventstore.Appended, error) {
	if !a.refused || meta.IdempotencyKey == "" {
		return a.done, a.err
	}
	cmd, found, err := l.store.Command(ctx, meta.IdempotencyKey)
	switch {
	case err != nil:
		return eventstore.Appended{}, errors.Join(a.err, err)
	case !found:
		return eventstore.Appended{}, a.err
	case cmd.Fingerprint != meta.Fingerprint:
		return eventstore.Appended{}, eventstore.ErrKeyReused
	}
	return eventstore.Appended{First: cmd.First, Last: cmd.Last, Result: cmd.Result, Replayed: true}, nil
}

// Account loads the workspace's account as the log has it.
func (l *Ledger) Account(ctx context.Context, ws kernel.WorkspaceID) (*credit.Account, error) {
	a, _, err := l.repo.Load(ctx, string(ws))
	return a, closedIfBroken(err)
}

// maxAccounts is how many accounts are kept in memory. One that makes room while it is busy goes on to its end; a second one beside
// it meets it at the log.
const maxAccounts = 10_000

func (l *Ledger) account(ws kernel.WorkspaceID) *account {
	fresh := &account{id: string(ws)}
	if a, ok, _ := l.accounts.PeekOrAdd(ws, fresh); ok {
		l.accounts.Get(ws) // it was used
		return a
	}
	return fresh
}
