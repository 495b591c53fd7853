package crmapi

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/crmview"
)

// Connection is a workspace's access to an account of a CRM.
type Connection struct {
	ID          kernel.ConnectionID `json:"id"`
	Vendor      string              `json:"vendor"`
	State       crm.ConnectionState `json:"state" enum:"connected,needs_reconnect"`
	Account     crm.Account         `json:"account"`
	By          kernel.UserID       `json:"connected_by"`
	Error       string              `json:"error,omitempty" doc:"The last trouble with the access."`
	ConnectedAt time.Time           `json:"connected_at"`
}

type inWorkspace struct{ httpapi.InWorkspace }

func (s service) connected(ctx context.Context, p httpapi.Principal, _ *inWorkspace) ([]Connection, httpapi.Meta, error) {
	list, err := s.Reads.Connections(ctx, p.Workspace)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]Connection, len(list))
	for i, c := range list {
		out[i] = connectionOf(c)
	}
	return out, httpapi.Meta{}, nil
}

func connectionOf(c crmview.Connection) Connection {
	return Connection{
		ID: c.ID, Vendor: c.Vendor, State: c.State, Account: c.Account, By: c.By, Error: c.Error, ConnectedAt: c.ConnectedAt,
	}
}

// ConnectBody is how a CRM is to be connected.
type ConnectBody struct {
	ID       kernel.ConnectionID `json:"connection_id,omitempty" doc:"The connection to connect again; a new one is made without it."`
	Instance string              `json:"instance,omitempty" maxLength:"100" doc:"Where the account is, for CRMs that have several login addresses: sandbox, or a host name."`
}

type connectIn struct {
	httpapi.InWorkspace
	Slug string `path:"slug" maxLength:"50"`
	Body ConnectBody
}

const cookieName = "morket_connect"

func (s service) connect(ctx context.Context, meta kernel.Meta, in *connectIn) (commands.Result[crmcmd.Asked], error) {
	res, err := s.Handlers.Connect(ctx, meta, crmcmd.Connect{Vendor: in.Slug, ID: in.Body.ID, Instance: in.Body.Instance})
	if err == nil {
		s.setCookie(ctx, res.Value.Browser, int(crm.ConnectWithin.Seconds()))
	}
	return res, err
}

// setCookie gives the browser what proves later that it is the one that asked. The CRM's page leads back by a link of another site, with
// which a lax cookie goes.
func (s service) setCookie(ctx context.Context, value string, age int) {
	httpapi.Echo(ctx).SetCookie(&http.Cookie{ //nolint:gosec // not Secure on a development loopback address only
		Name: cookieName, Value: value, MaxAge: age, Path: CallbackPath, HttpOnly: true, Secure: !s.Insecure, SameSite: http.SameSiteLaxMode,
	})
}

type completeIn struct {
	Slug  string `path:"slug" maxLength:"50"`
	State string `query:"state" maxLength:"200"`
	Code  string `query:"code" maxLength:"4000"`
	Error string `query:"error" maxLength:"200"`
}

func (s service) complete(ctx context.Context, _ httpapi.Principal, in *completeIn) (func(http.ResponseWriter) error, error) {
	browser := ""
	if c, err := httpapi.Echo(ctx).Cookie(cookieName); err == nil {
		browser = c.Value
	}
	done, err := s.Handlers.Complete(ctx, crmcmd.Return{Vendor: in.Slug, State: in.State, Code: in.Code, Error: in.Error, Browser: browser})
	var told *kernel.Error
	if err != nil && (!errors.As(err, &told) || told.Kind == kernel.KindInternal || told.Kind == kernel.KindUnavailable) {
		return nil, err
	}
	s.setCookie(ctx, "", -1)
	to, says := s.Site+"/", "The CRM is connected."
	if done.Workspace != "" {
		to = s.Site + "/w/" + string(done.Workspace) + "/integrations"
	}
	if err != nil {
		says = told.Message
		to += "?" + url.Values{"failed": {told.Message}}.Encode()
	} else {
		to += "?" + url.Values{"connected": {string(done.ID)}}.Encode()
	}
	return func(w http.ResponseWriter) error {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer") // the address holds the code
		h.Set("Content-Security-Policy", "default-src 'none'")
		h.Set("Content-Type", "text/html; charset=utf-8")
		return back.Execute(w, struct{ To, Says string }{to, says})
	}, nil
}

// back leads on to the workspace: by itself, or by a link.
var back = template.Must( //nolint:gochecknoglobals // a constant
	template.New("back").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Back to Morket</title><meta http-equiv="refresh" content="0;url={{.To}}"></head>
<body><p>{{.Says}}</p><p><a href="{{.To}}">Back to Morket</a></p></body></html>
`))

// InConnection is embedded by the inputs of endpoints of a connection.
type InConnection struct {
	httpapi.InWorkspace
	ConnectionID kernel.ConnectionID `path:"connectionId" doc:"con_…"`
}

func (s service) disconnect(ctx context.Context, meta kernel.Meta, in *InConnection) (commands.Result[crmcmd.Disconnected], error) {
	return s.Handlers.Disconnect(ctx, meta, in.ConnectionID)
}

type fieldsIn struct {
	InConnection
	Object string `query:"object" required:"true" maxLength:"100" doc:"A kind of record, as list-integrations gives it."`
}

// Field is a field of a kind of record.
type Field struct {
	Name     string        `json:"name"`
	Label    string        `json:"label"`
	Type     crm.FieldType `json:"type" enum:"text,number,date,datetime,boolean,option,options,relation"`
	Options  []Option      `json:"options,omitempty"`
	ReadOnly bool          `json:"read_only,omitempty"`
	Required bool          `json:"required,omitempty" doc:"A new record needs it."`
	MaxChars int           `json:"max_chars,omitempty"`
}

// Option is a choice of a field.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

func (s service) fields(ctx context.Context, p httpapi.Principal, in *fieldsIn) ([]Field, httpapi.Meta, error) {
	list, err := s.Handlers.Fields(ctx, p.Workspace, in.ConnectionID, in.Object)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]Field, len(list))
	for i, f := range list {
		out[i] = Field{Name: f.Name, Label: f.Label, Type: f.Type, ReadOnly: f.ReadOnly, Required: f.Required, MaxChars: f.MaxChars}
		for _, o := range f.Options {
			out[i].Options = append(out[i].Options, Option{o.Value, o.Label})
		}
	}
	return out, httpapi.Meta{}, nil
}
