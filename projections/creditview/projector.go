// Package creditview keeps what people see of the ledger: balances, transactions, what each answer cost.
package creditview

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "credit"

// Balance is an account as of its last entry.
type Balance struct {
	Workspace kernel.WorkspaceID
	Available kernel.Credits
	Reserved  kernel.Credits
	Spent     kernel.Credits
	Seq       int64
	Head      string
	Caps      []credit.Cap
	Closed    string // why the ledger is closed for writing; empty: it is open
}

// Shown is the account for a proof of its ledger.
func (b Balance) Shown() *credit.Shown {
	return &credit.Shown{Seq: b.Seq, Hash: b.Head, Available: b.Available, Reserved: b.Reserved, Spent: b.Spent}
}

// Transaction is an entry with the balances after it.
type Transaction struct {
	credit.Entry
	Workspace      kernel.WorkspaceID
	Position       int64
	BalanceAfter   kernel.Credits
	ReservedAfter  kernel.Credits
	AvailableAfter kernel.Credits
	Actor          kernel.Actor
}

// Batch is what a run of events changes: each touched account once, and the new transactions in order.
type Batch struct {
	Balances     []Balance
	Transactions []Transaction
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Balances returns the accounts of the workspaces that have one.
	Balances(ctx context.Context, workspaces []kernel.WorkspaceID) ([]Balance, error)
	// Save replaces the balances and adds the transactions with their lines.
	Save(ctx context.Context, b Batch) error
}

// Projector folds the ledgers.
type Projector struct {
	open func(projections.Tx) (Writer, error)
}

// New makes the projector; open turns the store's transaction into a Writer.
func New(open func(projections.Tx) (Writer, error)) *Projector { return &Projector{open: open} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 2 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return kernel.EventTypes(append(credit.Entries(), credit.CapsSet{}, credit.Closed{}, credit.Reopened{})...)
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	accounts := map[kernel.WorkspaceID]*Balance{}
	var ids []kernel.WorkspaceID
	for _, e := range events {
		ws := kernel.WorkspaceID(e.Stream.ID())
		if accounts[ws] == nil {
			accounts[ws] = &Balance{Workspace: ws, Caps: []credit.Cap{}}
			ids = append(ids, ws)
		}
	}
	before, err := w.Balances(ctx, ids)
	if err != nil {
		return fmt.Errorf("read balances: %w", err)
	}
	for i := range before {
		accounts[before[i].Workspace] = &before[i]
	}
	var batch Batch
	for _, e := range events {
		t, err := fold(accounts[kernel.WorkspaceID(e.Stream.ID())], e)
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
		if t != nil {
			batch.Transactions = append(batch.Transactions, *t)
		}
	}
	for _, id := range ids {
		batch.Balances = append(batch.Balances, *accounts[id])
	}
	return w.Save(ctx, batch)
}

// fold applies one event to the account and returns the transaction it makes, nil for one that is no entry.
func fold(b *Balance, r eventstore.Recorded) (*Transaction, error) {
	switch r.Type {
	case (credit.CapsSet{}).EventType():
		var e credit.CapsSet
		if err := json.Unmarshal(r.Data, &e); err != nil {
			return nil, err
		}
		b.Caps = e.Caps
		return nil, nil //nolint:nilnil // a change of caps is no transaction
	case (credit.Closed{}).EventType():
		var e credit.Closed
		if err := json.Unmarshal(r.Data, &e); err != nil {
			return nil, err
		}
		b.Closed = e.Reason
		return nil, nil //nolint:nilnil // no transaction
	case (credit.Reopened{}).EventType():
		b.Closed = ""
		return nil, nil //nolint:nilnil // no transaction
	}
	meta, err := r.Meta()
	if err != nil {
		return nil, err
	}
	t := Transaction{Workspace: b.Workspace, Position: r.Position, Actor: meta.Actor}
	if err := json.Unmarshal(r.Data, &t.Entry); err != nil {
		return nil, err
	}
	for _, p := range t.Postings() {
		switch p.Account {
		case credit.AccountAvailable:
			b.Available += p.Amount
		case credit.AccountReserved:
			b.Reserved += p.Amount
		case credit.AccountSpent:
			b.Spent += p.Amount
		}
	}
	b.Seq, b.Head = t.Seq, t.Hash
	t.BalanceAfter, t.ReservedAfter, t.AvailableAfter = b.Available+b.Reserved, b.Reserved, b.Available
	return &t, nil
}

// Spending is what was paid on one day (UTC).
type Spending struct {
	Day    time.Time
	Amount kernel.Credits
}
