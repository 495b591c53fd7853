package workflowcmd

import (
	"context"
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// sample is kept in the cache alone: what came may be personal, and the log keeps of it no more than the rows that it became.
type sample struct {
	At     time.Time              `json:"at"`
	Fields []workflow.SampleField `json:"fields"`
}

func sampleKey(id kernel.WorkflowID) string { return "workflow-sample|" + string(id) }

// keepSample keeps what stood in a delivery. One about a person who was erased is not kept.
func (h *Handlers) keepSample(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID, fields []workflow.SampleField) {
	kept, err := json.Marshal(sample{h.cfg.Clock.Now(), fields})
	if err == nil && h.mayShow(ctx, ws, kept) {
		h.cfg.Cache.Set(ctx, sampleKey(id), kept, sampleLife)
	}
}

// sampleOf returns what is kept, false if there is nothing or it is about a person who was erased since.
func (h *Handlers) sampleOf(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID) (s sample, ok bool) {
	kept, ok := h.cfg.Cache.Get(ctx, sampleKey(id))
	if !ok || len(kept) == 0 || !h.mayShow(ctx, ws, kept) {
		return s, false
	}
	return s, json.Unmarshal(kept, &s) == nil
}

// mayShow reports whether a sample is about nobody who was erased. If that can't be found out it is not shown.
func (h *Handlers) mayShow(ctx context.Context, ws kernel.WorkspaceID, kept []byte) bool {
	if h.cfg.KeptOut == nil {
		return true
	}
	in, err := h.cfg.KeptOut.In(ctx, ws)
	return err == nil && (in == nil || !in(string(kept)))
}

// SampleHas reports whether a workflow's sample has a text that is asked for.
func (h *Handlers) SampleHas(ctx context.Context, id kernel.WorkflowID, is func(text string) bool) bool {
	kept, ok := h.cfg.Cache.Get(ctx, sampleKey(id))
	return ok && is(string(kept))
}

// ForgetSample forgets a workflow's sample, and reports whether there was one.
func (h *Handlers) ForgetSample(ctx context.Context, id kernel.WorkflowID) bool {
	kept, ok := h.cfg.Cache.Get(ctx, sampleKey(id))
	if !ok || len(kept) == 0 {
		return false
	}
	h.cfg.Cache.Set(ctx, sampleKey(id), nil, time.Second)
	return true
}
