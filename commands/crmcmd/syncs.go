package crmcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Saved is the answer to a Save.
type Saved struct {
	ID kernel.SyncID `json:"id"`
	crm.Definition
}

// Save keeps a sync; ID is that of the one to be changed, empty for a new one.
type Save struct {
	ID         kernel.SyncID
	Definition crm.Definition
}

// Save carries out a Save. The definition is checked against the table and against the CRM's fields as they are now.
func (h *Handlers) Save(ctx context.Context, meta kernel.Meta, c Save) (commands.Result[Saved], error) {
	var none commands.Result[Saved]
	if _, err := h.check(ctx, meta.Workspace, c.Definition, meta.Actor.User()); err != nil {
		return none, err
	}
	id, fresh := c.ID, c.ID == ""
	if fresh {
		id = kernel.SyncID(h.cfg.IDs.New(kernel.PrefixSync))
	}
	out := Saved{id, c.Definition}
	done, err := h.syncs.Update(ctx, meta.As("crm.save_sync"), string(id), func(s *crm.Sync) (any, error) {
		if !fresh && !s.In(meta.Workspace) {
			return nil, kernel.NotFound("sync", string(id))
		}
		return out, s.Save(id, meta.Workspace, c.Definition, h.cfg.Clock.Now())
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}

// Delete ends a sync.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, id kernel.SyncID) (commands.Result[Nothing], error) {
	done, err := h.syncs.Update(ctx, meta.As("crm.delete_sync"), string(id), func(s *crm.Sync) (any, error) {
		if !s.In(meta.Workspace) {
			return nil, kernel.NotFound("sync", string(id))
		}
		return Nothing{}, s.Delete()
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Definition is how a sync of the workspace brings rows into a CRM.
func (h *Handlers) Definition(ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncID) (crm.Definition, error) {
	s, _, err := h.syncs.Load(ctx, string(id))
	if err != nil {
		return crm.Definition{}, err
	}
	if !s.In(ws) {
		return crm.Definition{}, kernel.NotFound("sync", string(id))
	}
	return s.Definition(), nil
}

// checked is a definition with all that it names.
type checked struct {
	plan   crm.Plan
	vendor crm.Vendor
	filter json.RawMessage
}

// check says what is wrong with a definition, and finds what it names. Who is "" for a run, which has its view's filter already.
func (h *Handlers) check(ctx context.Context, ws kernel.WorkspaceID, d crm.Definition, who kernel.UserID) (checked, error) {
	var out checked
	if err := d.Validate(); err != nil {
		return out, err
	}
	filter, err := h.checkTable(ctx, ws, d, who)
	if err != nil {
		return out, err
	}
	vendor, object, fields, err := h.object(ctx, ws, d.ConnectionID, d.Object)
	if err != nil {
		return out, err
	}
	out = checked{crm.Plan{Definition: d, Object: object, Fields: fields}, vendor, filter}
	return out, d.Against(object, fields)
}

// checkTable checks the definition's columns and view, and returns the view's filter.
func (h *Handlers) checkTable(ctx context.Context, ws kernel.WorkspaceID, d crm.Definition, who kernel.UserID) (json.RawMessage, error) {
	tbl, _, err := h.tables.Load(ctx, string(d.TableID))
	if err != nil {
		return nil, err
	}
	if tbl.In(ws, d.TableID) != nil {
		return nil, kernel.Invalid("table_id", "there is no table %s", d.TableID)
	}
	for i, m := range d.Mappings {
		col, err := tbl.Live(m.ColumnID)
		if err != nil {
			return nil, kernel.Invalid(fmt.Sprintf("mappings[%d]", i), "the table has no column %q", kernel.Shorten(string(m.ColumnID)))
		}
		if m.Pulls() && !col.Writable() {
			return nil, kernel.Invalid(fmt.Sprintf("mappings[%d]", i), "%s %s; it can be pushed, not pulled", col.Name, col.Refusal())
		}
	}
	for i, k := range d.Keys {
		if _, err := tbl.Live(k.ColumnID); err != nil {
			return nil, kernel.Invalid(fmt.Sprintf("keys[%d]", i), "the table has no column %q", kernel.Shorten(string(k.ColumnID)))
		}
	}
	if d.ViewID == "" {
		return nil, nil
	}
	for _, v := range tbl.Views() {
		if v.ID == d.ViewID && (v.Shared || v.Owner == who) {
			return v.Filter, nil
		}
	}
	return nil, kernel.Invalid("view_id", "the table has no view %s that you can see", kernel.Shorten(string(d.ViewID)))
}

// object finds an object of a connection's CRM with its fields as they are now.
func (h *Handlers) object(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.ConnectionID, slug string,
) (vendor crm.Vendor, object crm.Object, fields []crm.Field, err error) {
	cn, _, err := h.connections.Load(ctx, string(id))
	if err != nil {
		return vendor, object, nil, err
	}
	kind, ok := h.crm(cn.Vendor())
	if !cn.In(ws) || !ok {
		return vendor, object, nil, kernel.Invalid("connection_id", "there is no connection %s", kernel.Shorten(string(id)))
	}
	vendor = kind.Connector.Describe()
	if object, ok = vendor.Object(slug); !ok {
		return vendor, object, nil, kernel.Invalid("object", "%s has no kind of record %q here", vendor.Name, kernel.Shorten(slug))
	}
	fields, err = h.Fields(ctx, ws, id, slug)
	return vendor, object, fields, err
}

// maxFields bounds what a CRM may say of its fields.
const maxFields = 5000

// Fields are the fields of a kind of record as the CRM has them now.
func (h *Handlers) Fields(ctx context.Context, ws kernel.WorkspaceID, id kernel.ConnectionID, object string) ([]crm.Field, error) {
	var out []crm.Field
	err := h.Call(ctx, ws, id, func(ctx context.Context, c crm.Connector, g crm.Grant) error {
		if _, ok := c.Describe().Object(object); !ok {
			return kernel.NotFound("kind of record", object)
		}
		var err error
		out, err = c.Fields(ctx, g, object)
		return err
	})
	if len(out) > maxFields {
		out = out[:maxFields]
	}
	return out, told(err)
}

// told turns trouble of a CRM into an error that a caller may see.
func told(err error) error {
	ce := crm.AsCallError(err)
	if ce == nil {
		return err
	}
	out := kernel.E(kernel.KindConflict, "CRM_FAILED", "%s", ce.Message).Because(ce)
	if ce.Kind == crm.CallLimited || ce.Kind == crm.CallBusy {
		out = kernel.E(kernel.KindUnavailable, "CRM_BUSY", "%s; try again in a moment", ce.Message).Because(ce)
		out.RetryAfter = ce.RetryAfter
	}
	return out
}

// Suggest asks for a definition to begin with.
type Suggest struct {
	ConnectionID kernel.ConnectionID
	Object       string
	TableID      kernel.TableID
}

const suggestedRecords = 10_000

// Suggest carries out a Suggest: fields and columns of the same name belong together, and rows are found by the surest key that has a
// column. What the CRM keeps for its own people (owners, stages of a customer) is not suggested.
func (h *Handlers) Suggest(ctx context.Context, ws kernel.WorkspaceID, c Suggest) (crm.Definition, error) {
	d := crm.Definition{
		ConnectionID: c.ConnectionID, Object: c.Object, TableID: c.TableID, Keys: []crm.Match{}, Mappings: []crm.Mapping{}, Create: true,
		MaxRecords: suggestedRecords,
	}
	tbl, _, err := h.tables.Load(ctx, string(c.TableID))
	if err != nil {
		return d, err
	}
	if tbl.In(ws, c.TableID) != nil {
		return d, kernel.NotFound("table", string(c.TableID))
	}
	vendor, object, fields, err := h.object(ctx, ws, c.ConnectionID, c.Object)
	if err != nil {
		return d, err
	}
	d.Name = kernel.Shorten(tbl.Name() + " to " + vendor.Name + " " + strings.ToLower(object.Name))
	used := map[kernel.ColumnID]bool{}
	for _, k := range object.Keys {
		if col, ok := matching(tbl.Schema().Columns, k.Field, k.Name, used); ok && len(d.Keys) < crm.MaxKeys {
			d.Keys = append(d.Keys, crm.Match{Field: k.Field, ColumnID: col})
			used[col] = true
			if f, ok := crm.FieldOf(fields, k.Field); ok && !f.ReadOnly {
				d.Mappings = append(d.Mappings, crm.Mapping{Field: k.Field, ColumnID: col})
			}
		}
	}
	for _, f := range fields {
		if f.ReadOnly || f.Type == crm.FieldRelation || internal(f.Name) || len(d.Mappings) == crm.MaxMappings {
			continue
		}
		if col, ok := matching(tbl.Schema().Columns, f.Name, f.Label, used); ok {
			d.Mappings = append(d.Mappings, crm.Mapping{Field: f.Name, ColumnID: col, OnlyEmpty: true})
			used[col] = true
		}
	}
	return d, nil
}

// internal reports whether a field is one that a CRM's people work by.
func internal(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"owner", "lifecycle", "stage", "status"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// matching is the column whose name, without signs and case, is the field's name or label; else the only one of the type that the field's
// name tells, as "Work email" is for the field "email".
func matching(columns []table.Column, name, label string, used map[kernel.ColumnID]bool) (kernel.ColumnID, bool) {
	var typed []kernel.ColumnID
	for _, c := range columns {
		if used[c.ID] {
			continue
		}
		if p := plain(c.Name); p != "" && (p == plain(name) || p == plain(label)) {
			return c.ID, true
		}
		if string(c.Type) == plain(name) && (c.Type == table.Email || c.Type == table.Phone) {
			typed = append(typed, c.ID)
		}
	}
	if len(typed) == 1 {
		return typed[0], true
	}
	return "", false
}

// plain is a name without signs and case.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
