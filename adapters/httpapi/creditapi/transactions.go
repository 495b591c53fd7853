package creditapi

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/creditview"
)

// Transaction is an entry of the ledger.
type Transaction struct {
	Seq           int64          `json:"seq"`
	Position      int64          `json:"position"`
	Kind          credit.Kind    `json:"kind"`
	Amount        kernel.Credits `json:"amount_mc"`
	BalanceAfter  kernel.Credits `json:"balance_after_mc"`
	ReservedAfter kernel.Credits `json:"reserved_after_mc"`
	At            time.Time      `json:"at"`
	Actor         kernel.Actor   `json:"actor"`
	Run           kernel.RunID   `json:"run_id,omitempty"`
	Lines         int            `json:"lines" doc:"How many answers the entry pays for."`
	Note          string         `json:"note,omitempty"`
	PrevHash      string         `json:"prev_hash"`
	Hash          string         `json:"hash"`
}

type transactionsIn struct {
	httpapi.InWorkspace
	httpapi.Page
	Filter
}

// Filter chooses entries of the ledger; inputs embed it.
type Filter struct {
	Kind credit.Kind  `query:"kind" enum:"grant,purchase,trial,refund,adjustment,expiry,reservation,debit,release,seal"`
	From time.Time    `query:"from"`
	To   time.Time    `query:"to"`
	Run  kernel.RunID `query:"run"`
}

func (f Filter) filter() creditview.Filter {
	return creditview.Filter{Kind: f.Kind, From: f.From, To: f.To, Run: f.Run}
}

func (s service) transactions(ctx context.Context, p httpapi.Principal, in *transactionsIn) ([]Transaction, httpapi.Meta, error) {
	before, err := cursor(in.Cursor)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	f := in.filter()
	f.Before, f.Limit = before, in.Limit+1
	out := []Transaction{}
	err = s.Reads.Transactions(ctx, p.Workspace, f, func(t creditview.Listed) error {
		out = append(out, transaction(t))
		return nil
	})
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	var meta httpapi.Meta
	out, meta.NextCursor = httpapi.CutPage(out, in.Limit, func(t Transaction) string { return strconv.FormatInt(t.Seq, 10) })
	return out, meta, nil
}

func transaction(t creditview.Listed) Transaction {
	return Transaction{
		Seq: t.Seq, Position: t.Position, Kind: t.Kind, Amount: t.Amount, BalanceAfter: t.BalanceAfter, ReservedAfter: t.ReservedAfter,
		At: t.At.UTC(), Actor: t.Actor, Run: t.Run, Lines: t.LineCount, Note: t.Note, PrevHash: t.PrevHash, Hash: t.Hash,
	}
}

type csvIn struct {
	httpapi.InWorkspace
	Filter
}

// csv streams every entry that the filter picks; amounts are in credits.
func (s service) csv(ctx context.Context, p httpapi.Principal, in *csvIn) (func(http.ResponseWriter) error, error) {
	return func(rw http.ResponseWriter) error {
		rw.Header().Set("Content-Disposition", `attachment; filename="credit-transactions.csv"`)
		w := csv.NewWriter(rw)
		if err := w.Write([]string{
			"seq", "at", "kind", "credits", "balance_after", "reserved_after", "actor", "run", "answers", "note", "hash",
		}); err != nil {
			return err
		}
		err := s.Reads.Transactions(ctx, p.Workspace, in.filter(), func(t creditview.Listed) error {
			return w.Write([]string{
				strconv.FormatInt(t.Seq, 10), t.At.UTC().Format(time.RFC3339Nano), string(t.Kind), t.Amount.String(), t.BalanceAfter.String(),
				t.ReservedAfter.String(),
				t.Actor.ID, string(t.Run), strconv.Itoa(t.LineCount), dataops.DefuseFormula(t.Note), t.Hash,
			})
		})
		if err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	}, nil
}
