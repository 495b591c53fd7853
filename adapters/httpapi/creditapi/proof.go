package creditapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/creditview"
)

// Proof is the outcome of checking the whole ledger, read from the log and not from a read model. A ledger that does not prove by itself is
// closed for writing.
type Proof struct {
	credit.Proof
	CheckedAt time.Time `json:"checked_at"`
}

type proofIn struct {
	httpapi.InWorkspace
	Expect string `query:"expect" pattern:"^[1-9][0-9]{0,17}:[0-9a-f]{64}$" doc:"An entry that the ledger must hold, as seq:hash: what head_seq and head_hash of an earlier proof were."`
}

func (s service) proof(ctx context.Context, p httpapi.Principal, in *proofIn) (Proof, httpapi.Meta, error) {
	shown, err := s.Reads.Balance(ctx, p.Workspace)
	if err != nil {
		return Proof{}, httpapi.Meta{}, err
	}
	known := creditcmd.Known{Shown: shown.Shown()}
	if seq, hash, ok := strings.Cut(in.Expect, ":"); ok {
		if known.ExpectSeq, err = strconv.ParseInt(seq, 10, 64); err != nil {
			return Proof{}, httpapi.Meta{}, kernel.Invalid("expect", "%q is not seq:hash", in.Expect)
		}
		known.ExpectHash = hash
	}
	meta := kernel.Meta{
		Actor:         kernel.System(),
		Workspace:     p.Workspace,
		CorrelationID: httpapi.Echo(ctx).Response().Header().Get("X-Request-Id"),
	}
	proof, err := s.Handlers.Prove(ctx, meta, p.Workspace, known)
	if err != nil {
		return Proof{}, httpapi.Meta{}, err
	}
	return Proof{Proof: *proof, CheckedAt: s.Clock.Now()}, httpapi.Meta{}, nil
}

type cellIn struct {
	httpapi.InWorkspace
	Row    kernel.RowID    `path:"rowId"`
	Column kernel.ColumnID `path:"columnId"`
}

// CellProof leads from a cell to the ledger entries that paid for its answers, and from those to the answers.
type CellProof struct {
	Debits []CellDebit    `json:"debits"`
	Total  kernel.Credits `json:"total_mc"`
}

// CellDebit is what one answer cost, with the answer that earned it.
type CellDebit struct {
	Line
	Position int64   `json:"position" doc:"Of the ledger entry in the log."`
	Answer   *Answer `json:"answer" doc:"The answer that earned it, as the log has it; null if there is none, which would be a fault of the ledger."`
}

// Answer is where an answer stands in the log: in the same append as its debit.
type Answer struct {
	Position int64  `json:"position"`
	Event    string `json:"event" doc:"The event's id: its stream and version."`
	Hash     string `json:"answer_hash" doc:"SHA-256 of all fields of the answer, as recorded with it; the debit names the same."`
}

func (s service) cell(ctx context.Context, p httpapi.Principal, in *cellIn) (CellProof, httpapi.Meta, error) {
	lines, err := s.Reads.LinesOfCell(ctx, p.Workspace, in.Row, in.Column)
	if err != nil {
		return CellProof{}, httpapi.Meta{}, err
	}
	if len(lines) == 0 { // that nothing was paid for a cell is said only of one that there is
		known, err := s.Cells.HasCell(ctx, p.Workspace, in.Row, in.Column)
		if err == nil && !known {
			err = kernel.NotFound("cell", string(in.Row)+"/"+string(in.Column))
		}
		if err != nil {
			return CellProof{}, httpapi.Meta{}, err
		}
	}
	out := CellProof{Debits: []CellDebit{}}
	for i, l := range toLines(lines) {
		answer, err := s.answer(ctx, lines[i])
		if err != nil {
			return out, httpapi.Meta{}, err
		}
		out.Debits = append(out.Debits, CellDebit{Line: l, Position: lines[i].Position, Answer: answer})
		out.Total += l.Amount
	}
	return out, httpapi.Meta{}, nil
}

// answersAfter is how many events after a debit its answers may take: those of one append.
const answersAfter = 200

// answer finds the answer that a debit's line paid for. An append holds the debit first, then the run's answers.
func (s service) answer(ctx context.Context, l creditview.Line) (*Answer, error) {
	events, err := s.Log.ReadAll(ctx, l.Position, answersAfter)
	if err != nil {
		return nil, fmt.Errorf("read the answers of a debit: %w", err)
	}
	run := eventstore.Stream("run", string(l.Run))
	for _, rec := range events {
		if rec.Stream != run || rec.Type != (enrichment.RunAnswersRecorded{}).EventType() {
			return nil, nil //nolint:nilnil // said in the answer's description
		}
		var e enrichment.RunAnswersRecorded
		if err := json.Unmarshal(rec.Data, &e); err != nil {
			return nil, fmt.Errorf("event %d: %w", rec.Position, err)
		}
		for _, p := range e.Provenance {
			if p.RowID == l.Row && p.ColumnID == l.Column && p.AnswerHash == l.AnswerHash && p.Provider == l.Provider && p.CreditsMC == l.Amount {
				return &Answer{Position: rec.Position, Event: fmt.Sprintf("%s/%d", rec.Stream, rec.Version), Hash: p.AnswerHash}, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // said in the answer's description
}
