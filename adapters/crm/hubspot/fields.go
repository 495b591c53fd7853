package hubspot

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// maxText is how many characters a text of HubSpot has at most.
const maxText = 65_536

type property struct {
	Name       crmwire.Text `json:"name"`
	Label      crmwire.Text `json:"label"`
	Type       crmwire.Text `json:"type"`
	FieldType  crmwire.Text `json:"fieldType"`
	Calculated bool         `json:"calculated"`
	Hidden     bool         `json:"hidden"`
	Rules      struct {
		ReadOnly bool `json:"readOnlyValue"`
	} `json:"modificationMetadata"`
	Options []struct {
		Label  crmwire.Text `json:"label"`
		Value  crmwire.Text `json:"value"`
		Hidden bool         `json:"hidden"`
	} `json:"options"`
}

// Fields implements crm.Reader. Hidden properties are HubSpot's own affair, but for those by which records are known.
func (c *Connector) Fields(ctx context.Context, g crm.Grant, object string) ([]crm.Field, error) {
	if err := c.checked(object, 0); err != nil {
		return nil, err
	}
	a, err := c.ask(ctx, g, crmwire.Request{Method: http.MethodGet, URL: c.path("properties", object, "")})
	if err != nil {
		return nil, err
	}
	var got struct {
		Results []property `json:"results"`
	}
	if err := a.Into(&got); err != nil {
		return nil, err
	}
	out := make([]crm.Field, 0, len(got.Results))
	for _, p := range got.Results {
		if p.Name == "" || p.Hidden && p.Name != objectID {
			continue
		}
		out = append(out, p.field())
	}
	return out, nil
}

func (p property) field() crm.Field {
	f := crm.Field{Name: string(p.Name), Label: string(p.Label), ReadOnly: p.Rules.ReadOnly || p.Calculated, Type: crm.FieldText}
	switch p.Type {
	case "number":
		f.Type = crm.FieldNumber
	case "date":
		f.Type = crm.FieldDate
	case "datetime":
		f.Type = crm.FieldTime
	case "bool":
		f.Type = crm.FieldBoolean
	case "enumeration":
		f.Type = crm.FieldOption
	default:
		f.MaxChars = maxText
	}
	switch p.FieldType {
	case "booleancheckbox":
		f.Type = crm.FieldBoolean
	case "checkbox":
		if p.Type == "enumeration" {
			f.Type = crm.FieldOptions
		}
	}
	if f.Type != crm.FieldOption && f.Type != crm.FieldOptions {
		return f
	}
	for _, o := range p.Options {
		if !o.Hidden {
			f.Options = append(f.Options, crm.Option{Value: string(o.Value), Label: string(o.Label)})
		}
	}
	return f
}
