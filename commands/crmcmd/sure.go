package crmcmd

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/crm"
)

// sure is empty where a vendor's list of changes may lag behind its records, and nil where nothing has to be made sure.
func (w *work) sure() map[string]bool {
	kind, ok := w.h.crm(w.run.Started().Vendor)
	if !ok || !kind.Connector.Describe().Lags || w.run.Started().Resolve != "" {
		return nil
	}
	return map[string]bool{}
}

// decided decides about records. What a list gives that lags may be older than what a push has written since, and would be taken for a
// change of the CRM's: so before a row is changed its record is read by its id, once, and takes the place of what the list gave.
func (w *work) decided(ctx context.Context, n *incoming, records []crm.Record, sure map[string]bool) ([]crm.Decision, error) {
	decided, err := n.decide(ctx, records)
	if err != nil || sure == nil {
		return decided, err
	}
	var ids []string
	for _, d := range decided {
		if e := d.Entry; (e.Action == crm.ActionUpdate || len(e.Disputes) > 0) && !sure[e.ID] {
			ids = append(ids, e.ID)
			sure[e.ID] = true
		}
	}
	if len(ids) == 0 {
		return decided, nil
	}
	l := &lookup{h: w.h, ws: w.run.Started().Workspace, plan: w.plan, ask: w.read}
	for part := range slices.Chunk(ids, w.run.Started().Batch) {
		found, err := l.find(ctx, "", part)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if i := slices.IndexFunc(records, func(have crm.Record) bool { return have.ID == r.ID }); i >= 0 {
				records[i] = r
			}
		}
	}
	return n.decide(ctx, records)
}
