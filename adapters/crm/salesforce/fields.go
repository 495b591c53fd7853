package salesforce

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

type describedField struct {
	Name       crmwire.Text `json:"name"`
	Label      crmwire.Text `json:"label"`
	Type       crmwire.Text `json:"type"`
	Length     int          `json:"length"`
	Createable bool         `json:"createable"`
	Updateable bool         `json:"updateable"`
	Nillable   bool         `json:"nillable"`
	Defaulted  bool         `json:"defaultedOnCreate"`
	Values     []struct {
		Active bool         `json:"active"`
		Label  crmwire.Text `json:"label"`
		Value  crmwire.Text `json:"value"`
	} `json:"picklistValues"`
}

// Fields implements crm.Reader. Compound fields are left out: their parts are fields too, and can be written.
func (c *Connector) Fields(ctx context.Context, g crm.Grant, object string) ([]crm.Field, error) {
	kind, err := c.sobject(object, 0)
	if err != nil {
		return nil, err
	}
	list, err := c.described(ctx, g, kind)
	if err != nil {
		return nil, err
	}
	out := make([]crm.Field, 0, len(list))
	for _, f := range list {
		if f.Type != "address" && f.Type != "location" && names.MatchString(string(f.Name)) {
			out = append(out, f.field())
		}
	}
	return out, nil
}

// described lists an object's fields as Salesforce has them.
func (c *Connector) described(ctx context.Context, g crm.Grant, kind string) ([]describedField, error) {
	a, err := c.ask(ctx, g, call{method: http.MethodGet, path: "/sobjects/" + kind + "/describe"})
	if err != nil {
		return nil, err
	}
	var got struct {
		Fields []describedField `json:"fields"`
	}
	err = a.Into(&got)
	return got.Fields, err
}

func (f describedField) field() crm.Field {
	out := crm.Field{
		Name: string(f.Name), Label: string(f.Label), Type: crm.FieldText, MaxChars: max(0, f.Length),
		ReadOnly: !f.Createable && !f.Updateable, Required: f.Createable && !f.Nillable && !f.Defaulted,
	}
	switch f.Type {
	case "double", "currency", "percent", "int", "long":
		out.Type = crm.FieldNumber
	case "date":
		out.Type = crm.FieldDate
	case "datetime":
		out.Type = crm.FieldTime
	case "boolean":
		out.Type = crm.FieldBoolean
		out.Required = false // one that isn't given is false
	case "picklist":
		out.Type = crm.FieldOption
	case "multipicklist":
		out.Type = crm.FieldOptions
	case "reference":
		out.Type = crm.FieldRelation
	}
	if out.Type != crm.FieldText {
		out.MaxChars = 0
	}
	if out.Type != crm.FieldOption && out.Type != crm.FieldOptions {
		return out
	}
	for _, v := range f.Values {
		if v.Active {
			out.Options = append(out.Options, crm.Option{Value: string(v.Value), Label: string(v.Label)})
		}
	}
	return out
}
