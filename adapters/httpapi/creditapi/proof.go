package creditapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Proof is the outcome of checking the whole ledger, read from the log and not from a read model.
type Proof struct {
	credit.Proof
	CheckedAt time.Time `json:"checked_at"`
}

const proofPage = 1000

func (s service) proof(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (Proof, httpapi.Meta, error) {
	check := credit.NewProof()
	stream := eventstore.Stream(creditcmd.Category, string(p.Workspace))
	for version := int64(0); ; {
		events, err := s.Log.ReadStream(ctx, stream, version, proofPage)
		if err != nil {
			return Proof{}, httpapi.Meta{}, fmt.Errorf("read the ledger: %w", err)
		}
		if len(events) == 0 {
			return Proof{Proof: *check, CheckedAt: s.Clock.Now()}, httpapi.Meta{}, nil
		}
		for _, e := range events {
			version = e.Version
			if e.Type == (credit.CapsSet{}).EventType() {
				continue
			}
			var entry credit.Entry
			if err := json.Unmarshal(e.Data, &entry); err != nil {
				return Proof{}, httpapi.Meta{}, fmt.Errorf("ledger event %d: %w", e.Position, err)
			}
			check.Add(entry)
		}
	}
}

type cellIn struct {
	httpapi.InWorkspace
	Row    kernel.RowID    `path:"rowId"`
	Column kernel.ColumnID `path:"columnId"`
}

// CellProof leads from a cell to the ledger entries that paid for its answers.
type CellProof struct {
	Debits []Line         `json:"debits"`
	Total  kernel.Credits `json:"total_mc"`
}

func (s service) cell(ctx context.Context, p httpapi.Principal, in *cellIn) (CellProof, httpapi.Meta, error) {
	lines, err := s.Reads.LinesOfCell(ctx, p.Workspace, in.Row, in.Column)
	if err != nil {
		return CellProof{}, httpapi.Meta{}, err
	}
	out := CellProof{Debits: toLines(lines)}
	for _, l := range lines {
		out.Total += l.Amount
	}
	return out, httpapi.Meta{}, nil
}
