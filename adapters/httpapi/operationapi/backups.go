package operationapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/operationcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
)

// Backups tells of the installation's backups.
type Backups interface {
	Status(ctx context.Context) (BackupStatus, error)
}

// BackupStatus is where the installation's backups stand.
type BackupStatus struct {
	Configured   bool     `json:"configured" doc:"Whether a place for backups is set."`
	EverySeconds float64  `json:"every_seconds" doc:"The schedule's period; 0 when backups are taken only when asked for."`
	Drills       bool     `json:"drills" doc:"Whether each scheduled backup is proved by a restore drill."`
	Step         string   `json:"step,omitempty" doc:"What the process that answers is doing for a backup or drill."`
	Backups      []Backup `json:"backups" doc:"Newest first."`
}

// Backup is one that is kept.
type Backup struct {
	Name         string     `json:"name"`
	TakenAt      time.Time  `json:"taken_at"`
	Version      string     `json:"version" doc:"Of the program that took it."`
	History      string     `json:"history" doc:"That the log was in."`
	Position     int64      `json:"position" doc:"Of the log's last event in it."`
	Rows         int64      `json:"rows"`
	Objects      int64      `json:"objects"`
	Bytes        int64      `json:"bytes" doc:"As it is kept, packed and sealed."`
	Seconds      float64    `json:"seconds" doc:"That it took."`
	Verdict      string     `json:"verdict" enum:"unproved,good,bad" doc:"Of the last restore drill."`
	DrilledAt    *time.Time `json:"drilled_at,omitempty"`
	DrillSeconds float64    `json:"drill_seconds,omitempty" doc:"Until everything was ready to serve, which is how long a restore takes on that machine."`
	Report       string     `json:"report,omitempty" doc:"Of the last restore drill."`
}

func (s service) registerBackups(a *httpapi.API) {
	httpapi.Read(a, httpapi.Op{
		ID:      "list-backups",
		Method:  http.MethodGet,
		Path:    "/admin/backups",
		Tag:     tag,
		Summary: "The backups that are kept, and the schedule (operators)",
		Scope:   httpapi.Operator,
		Action:  httpapi.NoAction,
		Rate:    httpapi.General,
	}, s.backups)
	httpapi.Write(a, httpapi.Op{
		ID:          "start-backup",
		Method:      http.MethodPost,
		Path:        "/admin/backups",
		Tag:         tag,
		Summary:     "Take a backup now (operators)",
		Description: "As a job; one is carried out at a time.",
		Rate:        httpapi.Admin,
		Status:      http.StatusAccepted,
		Scope:       httpapi.Operator,
		Action:      httpapi.NoAction,
	}, s.startBackup)
	httpapi.Write(a, httpapi.Op{
		ID:          "start-drill",
		Method:      http.MethodPost,
		Path:        "/admin/backups/{name}/drill",
		Tag:         tag,
		Summary:     "Prove a backup: restore it aside, verify everything, remove it (operators)",
		Description: "As a job; one is carried out at a time.",
		Rate:        httpapi.Admin,
		Status:      http.StatusAccepted,
		Scope:       httpapi.Operator,
		Action:      httpapi.NoAction,
	}, s.startDrill)
}

func (s service) backups(ctx context.Context, _ httpapi.Principal, _ *nothing) (BackupStatus, httpapi.Meta, error) {
	out, err := s.Backups.Status(ctx)
	return out, httpapi.Meta{}, err
}

func (s service) startBackup(ctx context.Context, meta kernel.Meta, _ *nothing) (commands.Result[operationcmd.Started], error) {
	return s.Handlers.Start(ctx, meta, operationcmd.Start{Kind: operation.Backup})
}

type drillIn struct {
	Name string `path:"name" doc:"A backup's name."`
}

func (s service) startDrill(ctx context.Context, meta kernel.Meta, in *drillIn) (commands.Result[operationcmd.Started], error) {
	return s.Handlers.Start(ctx, meta, operationcmd.Start{Kind: operation.Drill, Backup: in.Name})
}
