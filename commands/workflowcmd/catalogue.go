package workflowcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// Check says what keeps a graph from running.
func (h *Handlers) Check(ctx context.Context, ws kernel.WorkspaceID, g workflow.Graph) ([]workflow.Problem, error) {
	c := catalogue{
		workspace: ws, tables: map[kernel.TableID]*table.Table{}, webhooks: map[kernel.WebhookID]*webhook.Webhook{},
		credentials: map[kernel.CredentialID]*credential.Credential{},
	}
	for _, id := range g.Tables() {
		if kernel.ParseID(kernel.PrefixTable, string(id)) != nil {
			continue
		}
		t, _, err := h.tables.Load(ctx, string(id))
		if err != nil {
			return nil, err
		}
		c.tables[id] = t
	}
	if err := h.named(ctx, g, c); err != nil {
		return nil, err
	}
	problems := g.Check(c)
	if problems == nil {
		problems = []workflow.Problem{}
	}
	return problems, nil
}

// named loads what nodes name beside tables.
func (h *Handlers) named(ctx context.Context, g workflow.Graph, into catalogue) error {
	for _, n := range g.Nodes {
		if id := n.Config.WebhookID; kernel.ParseID(kernel.PrefixWebhook, string(id)) == nil {
			w, _, err := h.webhooks.Load(ctx, string(id))
			if err != nil {
				return err
			}
			into.webhooks[id] = w
		}
		if id := n.Config.CredentialID; kernel.ParseID(kernel.PrefixCredential, string(id)) == nil {
			c, _, err := h.credentials.Load(ctx, string(id))
			if err != nil {
				return err
			}
			into.credentials[id] = c
		}
	}
	return nil
}

// catalogue is what a graph refers to, as it is now.
type catalogue struct {
	workspace   kernel.WorkspaceID
	tables      map[kernel.TableID]*table.Table
	webhooks    map[kernel.WebhookID]*webhook.Webhook
	credentials map[kernel.CredentialID]*credential.Credential
}

func (c catalogue) schema(id kernel.TableID) (table.Schema, error) {
	t := c.tables[id]
	if t == nil || t.In(c.workspace, id) != nil {
		return table.Schema{}, errors.New("the table is not there any more; choose another one")
	}
	return t.Schema(), nil
}

// Table implements workflow.Catalogue.
func (c catalogue) Table(id kernel.TableID) error {
	_, err := c.schema(id)
	return err
}

// View implements workflow.Catalogue. A personal view can't be used: it is its owner's alone, and may change without others knowing.
func (c catalogue) View(id kernel.TableID, view kernel.ViewID) error {
	if _, err := c.schema(id); err != nil {
		return err
	}
	if _, ok := sharedView(c.tables[id], view); !ok {
		return errors.New("the table has no shared view of this id; choose another one")
	}
	return nil
}

func sharedView(t *table.Table, id kernel.ViewID) (table.View, bool) {
	views := t.Views()
	i := slices.IndexFunc(views, func(v table.View) bool { return v.ID == id && v.Shared })
	if i < 0 {
		return table.View{}, false
	}
	return views[i], true
}

// Filter implements workflow.Catalogue.
func (c catalogue) Filter(id kernel.TableID, filter json.RawMessage) error {
	s, err := c.schema(id)
	if err != nil {
		return err
	}
	_, err = table.ParseFilter(filter, s)
	return err
}

func (c catalogue) column(id kernel.TableID, column kernel.ColumnID) (table.Column, error) {
	s, err := c.schema(id)
	if err != nil {
		return table.Column{}, err
	}
	col, ok := s.Column(column)
	if !ok {
		return col, errors.New("the table has no such column any more; choose another one")
	}
	return col, nil
}

// Column implements workflow.Catalogue.
func (c catalogue) Column(id kernel.TableID, column kernel.ColumnID) error {
	_, err := c.column(id, column)
	return err
}

// Enrichment implements workflow.Catalogue.
func (c catalogue) Enrichment(id kernel.TableID, column kernel.ColumnID) error {
	col, err := c.column(id, column)
	if err == nil && (col.Kind != table.Enrichment || len(col.Enrichment) == 0) {
		err = fmt.Errorf("%s is not an enrichment column", col.Name)
	}
	return err
}

// Value implements workflow.Catalogue.
func (c catalogue) Value(id kernel.TableID, column kernel.ColumnID, value json.RawMessage) error {
	col, err := c.column(id, column)
	if err != nil {
		return err
	}
	if !col.Writable() {
		return fmt.Errorf("%s %s", col.Name, col.Refusal())
	}
	_, _, err = table.Parse(col, kernel.OrNull(value), false)
	return err
}

// Key implements workflow.Catalogue.
func (c catalogue) Key(id kernel.TableID, column kernel.ColumnID) error {
	col, err := c.column(id, column)
	switch {
	case err != nil:
		return err
	case !col.Writable() || col.Type == table.JSON || col.Type == table.MultiSelect:
		return fmt.Errorf("rows can't be found by %s; choose another column", col.Name)
	default:
		return nil
	}
}

// Reference implements workflow.Catalogue.
func (c catalogue) Reference(id kernel.TableID, ref string) error {
	s, err := c.schema(id)
	if err != nil {
		return err
	}
	if _, ok := s.Find(ref); !ok {
		return fmt.Errorf("the table has no column %q, which stands in double braces", kernel.Shorten(ref))
	}
	return nil
}

// Credential implements workflow.Catalogue.
func (c catalogue) Credential(id kernel.CredentialID, address string) error {
	cr := c.credentials[id]
	if cr == nil || !cr.Exists(c.workspace) {
		return errors.New("the credential is not there any more; choose another one")
	}
	to, err := url.Parse(address)
	if err != nil {
		return errors.New("the address can't be read")
	}
	return credential.CheckDestination(cr.Hosts(), to)
}

// Webhook implements workflow.Catalogue. One that is limited to tables gets rows of those only.
func (c catalogue) Webhook(id kernel.WebhookID, of kernel.TableID) error {
	w := c.webhooks[id]
	switch {
	case w == nil || !w.Exists(c.workspace):
		return errors.New("the webhook is not there any more; choose another one")
	case !w.Enabled():
		return errors.New("the webhook is off; turn it on again")
	}
	if only := w.Settings().Tables; of != "" && len(only) > 0 && !slices.Contains(only, of) {
		return errors.New("the webhook is limited to other tables; choose another one")
	}
	return nil
}

func decodeAs[E kernel.Event](codec *eventstore.Codec, rec eventstore.Recorded) (E, error) {
	e, err := codec.Decode(rec)
	if err != nil {
		var none E
		return none, err
	}
	as, ok := e.(E)
	if !ok {
		return as, fmt.Errorf("event %d of %s is of the type %s", rec.Position, rec.Stream, rec.Type)
	}
	return as, nil
}
