// Package creditapi is the HTTP side of the credit ledger.
package creditapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/creditview"
)

const tag = "credits"

// Deps is what the endpoints need.
type Deps struct {
	Handlers *creditcmd.Handlers
	Reads    Reads
	Log      eventstore.Reader
	Clock    kernel.Clock
	Cells    Cells
}

// Cells knows which cells there are, in the trash or not.
type Cells interface {
	HasCell(ctx context.Context, ws kernel.WorkspaceID, row kernel.RowID, column kernel.ColumnID) (bool, error)
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Read(a, httpapi.Op{
		ID: "get-credits", Method: http.MethodGet, Path: "W/credits", Tag: tag,
		Summary: "Balance, reservations, burn rate and caps", Action: workspace.ReadCredits, Projection: creditview.Name,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.balance)
	httpapi.Read(a, httpapi.Op{
		ID: "list-credit-transactions", Method: http.MethodGet, Path: "W/credits/transactions", Tag: tag,
		Summary: "The ledger's entries, newest first", Action: workspace.ReadCredits, Projection: creditview.Name,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.transactions)
	httpapi.Stream(a, httpapi.Op{
		ID: "export-credit-transactions", Method: http.MethodGet, Path: "W/credits/transactions.csv", Tag: tag,
		Summary: "The ledger's entries as CSV", Action: workspace.ReadCredits, Projection: creditview.Name,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, "text/csv; charset=utf-8", s.csv)
	httpapi.Read(a, httpapi.Op{
		ID: "list-debit-lines", Method: http.MethodGet, Path: "W/credits/transactions/{seq}/lines", Tag: tag,
		Summary: "What each answer of a debit cost", Action: workspace.ReadCredits, Projection: creditview.Name,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.lines)
	httpapi.Read(a, httpapi.Op{
		ID: "prove-ledger", Method: http.MethodGet, Path: "W/credits/proof", Tag: tag,
		Summary: "Check the whole ledger against the log", Action: workspace.ReadCredits, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.proof)
	httpapi.Read(a, httpapi.Op{
		ID: "prove-cell", Method: http.MethodGet, Path: "W/credits/proof/{rowId}/{columnId}", Tag: tag,
		Summary: "What a cell cost, down to the ledger entries", Action: workspace.ReadCredits,
		Projection: creditview.Name, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.cell)
	httpapi.Read(a, httpapi.Op{
		ID: "get-credit-caps", Method: http.MethodGet, Path: "W/credits/caps", Tag: tag, Summary: "The spend caps",
		Action: workspace.ReadCredits, Projection: creditview.Name, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.caps)
	httpapi.Write(a, httpapi.Op{
		ID: "set-credit-caps", Method: http.MethodPut, Path: "W/credits/caps", Tag: tag, Summary: "Replace the spend caps",
		Action: workspace.ManageCaps, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.setCaps)
	httpapi.Write(a, httpapi.Op{
		ID: "reopen-ledger", Method: http.MethodPost, Path: "W/credits/reopen", Tag: tag,
		Summary:     "Open a closed ledger again (operators)",
		Description: "A ledger that did not prove is closed for writing. It opens again only if it proves now.",
		Action:      workspace.ReadCredits, Scope: httpapi.Operator, Rate: httpapi.Admin,
	}, s.reopen)
	httpapi.Write(a, httpapi.Op{
		ID: "grant-credits", Method: http.MethodPost, Path: "W/credits/grants", Tag: tag,
		Summary: "Grant credits (operators)", Action: workspace.ReadCredits, Status: http.StatusCreated,
		Scope: httpapi.Operator, Rate: httpapi.General,
	}, s.grant)
}

type service struct{ Deps }

type inWorkspace struct{ httpapi.InWorkspace }

// Balance is the state of the account.
type Balance struct {
	Balance   kernel.Credits `json:"balance_mc"`
	Reserved  kernel.Credits `json:"reserved_mc"`
	Available kernel.Credits `json:"available_mc"`
	Spent     kernel.Credits `json:"spent_mc" doc:"Since the beginning."`
	BurnRate  kernel.Credits `json:"burn_rate_mc_per_day" doc:"Mean of the last 7 days."`
	DaysLeft  *float64       `json:"days_left,omitempty" doc:"At the burn rate; absent when nothing is being spent."`
	Low       bool           `json:"low" doc:"Less than a tenth of what was ever brought in is left."`
	Caps      []credit.Cap   `json:"caps"`
	Closed    string         `json:"closed,omitempty" doc:"Why the ledger is closed for writing: it did not prove."`
}

const burnDays = 7

func (s service) balance(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (Balance, httpapi.Meta, error) {
	b, err := s.Reads.Balance(ctx, p.Workspace)
	if err != nil {
		return Balance{}, httpapi.Meta{}, err
	}
	spent, err := s.Reads.SpentSince(ctx, p.Workspace, s.Clock.Now().AddDate(0, 0, -burnDays))
	if err != nil {
		return Balance{}, httpapi.Meta{}, err
	}
	out := Balance{
		Balance: b.Available + b.Reserved, Reserved: b.Reserved, Available: b.Available, Spent: b.Spent,
		BurnRate: spent / burnDays, Caps: b.Caps, Closed: b.Closed,
	}
	if out.BurnRate > 0 {
		days := float64(out.Balance) / float64(out.BurnRate)
		out.DaysLeft = &days
	}
	const tenth = 10
	out.Low = out.Balance*tenth < out.Balance+b.Spent
	return out, httpapi.Meta{}, nil
}

type capsIn struct {
	httpapi.InWorkspace
	Body struct {
		Caps []credit.Cap `json:"caps" maxItems:"20"`
	}
}

func (s service) caps(ctx context.Context, p httpapi.Principal, _ *inWorkspace) ([]credit.Cap, httpapi.Meta, error) {
	b, err := s.Reads.Balance(ctx, p.Workspace)
	return b.Caps, httpapi.Meta{}, err
}

func (s service) setCaps(ctx context.Context, meta kernel.Meta, in *capsIn) (commands.Result[[]credit.Cap], error) {
	return s.Handlers.SetCaps(ctx, meta, creditcmd.SetCaps{Workspace: meta.Workspace, Caps: in.Body.Caps})
}

type grantIn struct {
	httpapi.InWorkspace
	Body struct {
		Amount kernel.Credits `json:"amount_mc" minimum:"1"`
		Note   string         `json:"note" maxLength:"500"`
	}
}

func (s service) grant(ctx context.Context, meta kernel.Meta, in *grantIn) (commands.Result[creditcmd.Granted], error) {
	return s.Handlers.Grant(ctx, meta, creditcmd.Grant{Workspace: meta.Workspace, Amount: in.Body.Amount, Note: in.Body.Note})
}

type reopenIn struct {
	httpapi.InWorkspace
	Body struct {
		Note string `json:"note" maxLength:"500" doc:"What was found; kept in the log."`
	}
}

func (s service) reopen(ctx context.Context, meta kernel.Meta, in *reopenIn) (commands.Result[creditcmd.Granted], error) {
	return s.Handlers.Reopen(ctx, meta, creditcmd.Reopen{Workspace: meta.Workspace, Note: in.Body.Note})
}

// Line is what one accepted answer cost.
type Line struct {
	credit.Line
	Seq  int64        `json:"seq" doc:"Number of the ledger entry."`
	Run  kernel.RunID `json:"run_id"`
	Hash string       `json:"hash" doc:"Of the ledger entry."`
	At   time.Time    `json:"at"`
}

type linesIn struct {
	httpapi.InWorkspace
	httpapi.Page
	Seq int64 `path:"seq" minimum:"1"`
}

func (s service) lines(ctx context.Context, p httpapi.Principal, in *linesIn) ([]Line, httpapi.Meta, error) {
	from, err := cursor(in.Cursor)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, err := s.Reads.LinesOf(ctx, p.Workspace, in.Seq, int(from), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	var meta httpapi.Meta
	if len(list) > in.Limit {
		list, meta.NextCursor = list[:in.Limit], strconv.Itoa(list[in.Limit].Index)
	}
	return toLines(list), meta, nil
}

func toLines(list []creditview.Line) []Line {
	out := make([]Line, len(list))
	for i, l := range list {
		out[i] = Line{Line: l.Line, Seq: l.Seq, Run: l.Run, Hash: l.Hash, At: l.At}
	}
	return out
}

func cursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, kernel.Invalid("cursor", "is not one that this endpoint gave")
	}
	return n, nil
}
