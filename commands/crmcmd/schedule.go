package crmcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// DuePull names a sync whose pull is due.
type DuePull struct {
	Workspace kernel.WorkspaceID
	Sync      kernel.SyncID
}

// Schedules finds syncs that pull by themselves.
type Schedules interface {
	// DuePulls lists those of all workspaces whose next pull is due at the moment, from after the given one on.
	DuePulls(ctx context.Context, now time.Time, after kernel.SyncID, limit int) ([]DuePull, error)
}

const duePage = 100

// Tick begins the pulls that are due, and answers how many. A time that is due is in the log in the append that begins its run, so a crash
// or a second process begins none twice. A sync that can't be begun doesn't keep the others.
func (h *Handlers) Tick(ctx context.Context, from Schedules) (begun int, err error) {
	var faults []error
	now := h.cfg.Clock.Now()
	for after := kernel.SyncID(""); ; {
		list, err := from.DuePulls(ctx, now, after, duePage)
		if err != nil {
			return begun, errors.Join(append(faults, err)...)
		}
		for _, d := range list {
			ok, err := h.pullDue(ctx, d, now)
			if err != nil {
				faults = append(faults, fmt.Errorf("the pull of %s: %w", d.Sync, err))
			}
			if ok {
				begun++
			}
			after = d.Sync
		}
		if len(list) < duePage {
			return begun, errors.Join(faults...)
		}
	}
}

// pullDue begins a sync's pull unless another run of it writes, or its connection has to be renewed: then it begins after that. The CRM is
// not asked here; what is wrong is told by the run.
func (h *Handlers) pullDue(ctx context.Context, p DuePull, now time.Time) (bool, error) {
	s, _, err := h.syncs.Load(ctx, string(p.Sync))
	if err != nil || !s.In(p.Workspace) {
		return false, err
	}
	due, ok := s.Due(now)
	if !ok {
		return false, nil
	}
	d := s.Definition()
	cn, _, err := h.connections.Load(ctx, string(d.ConnectionID))
	if err != nil {
		return false, err
	}
	kind, ok := h.crm(cn.Vendor())
	if !ok || !cn.In(p.Workspace) || cn.State() != crm.ConnectionActive {
		return false, nil
	}
	v := kind.Connector.Describe()
	meta := kernel.Meta{Actor: kernel.System(), Workspace: p.Workspace, Command: "crm.scheduled_pull", CorrelationID: string(p.Sync)}
	_, err = h.begin(ctx, meta, crm.RunStarted{
		SyncID: p.Sync, Kind: crm.RunPull, Definition: d, Vendor: v.Slug, Batch: v.Batch, From: s.Cursor(), Due: &due,
	})
	if kernel.KindOf(err) == kernel.KindConflict {
		return false, nil
	}
	return err == nil, err
}
