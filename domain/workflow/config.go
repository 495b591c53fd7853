package workflow

import (
	"encoding/json"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Change is a change of rows that a trigger looks for.
type Change string

// The changes.
const (
	Added   Change = "added"
	Changed Change = "changed"
)

// Config is what a node does, in detail. Each kind has its own fields of it; what is not the kind's is dropped when a graph is saved.
type Config struct {
	TableID kernel.TableID    `json:"table_id,omitempty" doc:"Of rows_changed, webhook and table_rows."`
	ViewID  kernel.ViewID     `json:"view_id,omitempty" doc:"Of table_rows: a shared view, whose filter chooses the rows."`
	Filter  json.RawMessage   `json:"filter,omitempty" doc:"As of list-rows."`
	On      []Change          `json:"on,omitempty" enum:"added,changed" doc:"Of rows_changed."`
	Columns []kernel.ColumnID `json:"columns,omitempty" doc:"Of rows_changed: changes of these only, if any. Of send: what is sent. Of approval: what is shown of a row."`
	Cron    string            `json:"cron,omitempty" doc:"Of schedule: minute, hour, day of month, month, day of week."`
	// TimeZone says where the schedule's clock hangs.
	TimeZone string          `json:"time_zone,omitempty" doc:"Of schedule: an IANA name, such as Europe/Berlin."`
	ColumnID kernel.ColumnID `json:"column_id,omitempty" doc:"Of enrichment: the column that is asked for. Of webhook: the one by whose value a row is found."`
	// Fields say where in a delivery the value of a column stands.
	Fields    map[kernel.ColumnID]string `json:"fields,omitempty" doc:"Of webhook: where each column's value stands, such as contact.email or items.0.name."`
	OnlyEmpty bool                       `json:"only_empty,omitempty" doc:"Of enrichment: rows whose cell has a value pass unasked."`
	// MaxCredits is what a run may spend at the node; 0 is no limit of its own.
	MaxCredits kernel.Credits `json:"max_credits_mc,omitempty" minimum:"0" doc:"Of enrichment: what a run may spend here; 0 is no limit of its own."`
	// Set are values by column; null empties the cell.
	Set       map[kernel.ColumnID]json.RawMessage `json:"set,omitempty" doc:"Of update_cells: values by column; null empties the cell."`
	Seconds   int64                               `json:"seconds,omitempty" minimum:"0" doc:"Of wait. Of approval: after which the rows that nobody has decided on go on as late."`
	WebhookID kernel.WebhookID                    `json:"webhook_id,omitempty" doc:"Of send: whose address is sent to, signed with its secret."`
	// What a call node asks for each row.
	Method       string              `json:"method,omitempty" enum:"GET,POST,PUT,PATCH,DELETE" doc:"Of http."`
	URL          string              `json:"url,omitempty" doc:"Of http: the address, with columns in double braces after its host."`
	Headers      map[string]string   `json:"headers,omitempty" doc:"Of http; columns stand in double braces. Keys belong in the credential."`
	Body         string              `json:"body,omitempty" doc:"Of http: JSON with columns in double braces, such as {\"email\":\"{{Email}}\"}."`
	CredentialID kernel.CredentialID `json:"credential_id,omitempty" doc:"Of http: the key in the vault, which names the hosts that it goes to."`
	Auth         string              `json:"auth,omitempty" enum:"bearer,basic,header" doc:"Of http: how the key is sent."`
	AuthName     string              `json:"auth_name,omitempty" doc:"Of http, by header: its name."`
	PerMinute    int                 `json:"per_minute,omitempty" minimum:"0" maximum:"6000" doc:"Of http: calls a minute; 600 if it is left out."`
}

// clean has those fields alone that the node's kind has.
func (n Node) clean() Config {
	c := n.Config
	if kernel.IsNull(c.Filter) {
		c.Filter = nil
	}
	switch n.Kind {
	case Manual:
		return Config{}
	case Schedule:
		return Config{Cron: strings.TrimSpace(c.Cron), TimeZone: c.TimeZone}
	case RowsChanged:
		return Config{TableID: c.TableID, On: c.On, Columns: c.Columns, Filter: c.Filter}
	case Webhook:
		return Config{TableID: c.TableID, ColumnID: c.ColumnID, Fields: c.Fields}
	case TableRows:
		return Config{TableID: c.TableID, ViewID: c.ViewID, Filter: c.Filter}
	case Filter, Branch:
		return Config{Filter: c.Filter}
	case Enrich:
		return Config{ColumnID: c.ColumnID, OnlyEmpty: c.OnlyEmpty, MaxCredits: c.MaxCredits}
	case UpdateCells:
		return Config{Set: c.Set}
	case Wait:
		return Config{Seconds: c.Seconds}
	case Approval:
		return Config{Seconds: c.Seconds, Columns: c.Columns}
	case Send:
		return Config{WebhookID: c.WebhookID, Columns: c.Columns}
	case Call:
		return Config{
			Method: c.Method, URL: c.URL, Headers: c.Headers, Body: c.Body, CredentialID: c.CredentialID, Auth: c.Auth, AuthName: c.AuthName,
			PerMinute: c.PerMinute,
		}
	default:
		return Config{}
	}
}
