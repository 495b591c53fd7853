package hubspottwin

import (
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

// Property is a field of an object.
type Property struct {
	Name, Label, Type, FieldType string
	Options                      []string
	ReadOnly                     bool
}

func text(name, label string) Property {
	return Property{Name: name, Label: label, Type: "string", FieldType: "text"}
}

func choice(name, label string, options ...string) Property {
	return Property{Name: name, Label: label, Type: "enumeration", FieldType: "select", Options: options}
}

func own(name, label, kind string) Property {
	return Property{Name: name, Label: label, Type: kind, FieldType: "calculation_read_time", ReadOnly: true}
}

// properties are those of a new account that matter, and a few custom ones.
func properties(kind string) []Property {
	number := func(name, label string) Property {
		return Property{Name: name, Label: label, Type: "number", FieldType: "number"}
	}
	all := []Property{
		own("hs_object_id", "Record ID", "number"), own("createdate", "Create date", "datetime"),
		own("hs_merged_object_ids", "Merged record IDs", "enumeration"),
	}
	switch kind {
	case "contacts":
		return append(
			all,
			own("lastmodifieddate", "Last modified date", "datetime"), text("email", "Email"), text("firstname", "First name"),
			text("lastname", "Last name"), text("jobtitle", "Job title"), text("phone", "Phone number"), text("company", "Company name"),
			text("website", "Website URL"), text("city", "City"), text("country", "Country/region"), text("notes", "Notes"),
			choice("lifecyclestage", "Lifecycle stage",
				"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer"),
			Property{Name: "interests", Label: "Interests", Type: "enumeration", FieldType: "checkbox", Options: []string{"data", "sales", "music"}},
			Property{Name: "newsletter", Label: "Newsletter", Type: "bool", FieldType: "booleancheckbox"},
			Property{Name: "last_met", Label: "Last met", Type: "date", FieldType: "date"},
			Property{Name: "next_call", Label: "Next call", Type: "datetime", FieldType: "date"},
			number("score", "Score"),
		)
	case "companies":
		return append(
			all,
			own("hs_lastmodifieddate", "Last modified date", "datetime"), text("name", "Company name"), text("domain", "Company domain name"),
			text("website", "Website URL"), text("city", "City"), text("country", "Country/region"), text("phone", "Phone number"),
			choice("industry", "Industry", "BANKING", "COMPUTER_SOFTWARE", "LOGISTICS_AND_SUPPLY_CHAIN", "MACHINERY", "RENEWABLES_ENVIRONMENT"),
			number("numberofemployees", "Number of employees"), number("annualrevenue", "Annual revenue"),
		)
	default:
		return append(
			all,
			own("hs_lastmodifieddate", "Last modified date", "datetime"), text("dealname", "Deal name"), number("amount", "Amount"),
			choice("dealstage", "Deal stage", "appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost"),
			choice("pipeline", "Pipeline", "default"), Property{Name: "closedate", Label: "Close date", Type: "datetime", FieldType: "date"},
		)
	}
}

// AddProperty adds a property to an object.
func (t *Twin) AddProperty(object string, p Property) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[object]
	if _, ok := k.properties[p.Name]; !ok {
		k.order = append(k.order, p.Name)
	}
	k.properties[p.Name] = p
}

func (t *Twin) describe(c call) {
	out := make([]crmtwin.Object, 0, len(c.order))
	for _, name := range c.order {
		p := c.properties[name]
		options := []crmtwin.Object{}
		for i, o := range p.Options {
			options = append(options, crmtwin.Object{"label": strings.ToUpper(o[:1]) + o[1:], "value": o, "displayOrder": i, "hidden": false})
		}
		out = append(out, crmtwin.Object{
			"name": p.Name, "label": p.Label, "type": p.Type, "fieldType": p.FieldType, "options": options, "hidden": false, "calculated": false,
			"hasUniqueValue": p.Name == c.unique, "formField": !p.ReadOnly, "groupName": "information",
			"modificationMetadata": crmtwin.Object{"archivable": false, "readOnlyDefinition": true, "readOnlyValue": p.ReadOnly},
		})
	}
	crmtwin.Answer(c.w, http.StatusOK, crmtwin.Object{"results": out})
}

// kept checks values and brings them into the form in which HubSpot keeps them; a fault names what is wrong with a property.
func (k *kind) kept(values map[string]string) (out map[string]string, fault crmtwin.Object) {
	out = make(map[string]string, len(values))
	for name, v := range values {
		p, ok := k.properties[name]
		switch {
		case !ok:
			return nil, wrong(name, "PROPERTY_DOESNT_EXIST", `Property "`+name+`" does not exist`)
		case p.ReadOnly:
			return nil, wrong(name, "READ_ONLY_VALUE", `"`+name+`" is a read only property; its value cannot be set`)
		}
		kept, reason := p.keep(v)
		if reason != "" {
			return nil, wrong(name, reason, `"`+v+`" was not a valid value of `+name)
		}
		out[name] = kept
	}
	return out, nil
}

func wrong(name, code, message string) crmtwin.Object {
	inner := `{"isValid":false,"message":` + strconv.Quote(message) + `,"error":"` + code + `","name":"` + name + `"}`
	return crmtwin.Object{
		"category": "VALIDATION_ERROR", "status": "error", "message": "Property values were not valid: [" + inner + "]",
		"errors": []crmtwin.Object{{"message": message, "code": code, "context": crmtwin.Object{"propertyName": []string{name}}}},
	}
}

const midnight = 24 * time.Hour

// keep is one value; reason is HubSpot's code of what is wrong with it.
func (p Property) keep(v string) (kept, reason string) {
	if v == "" {
		return "", ""
	}
	switch p.Type {
	case "number":
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return "", "INVALID_NUMBER"
		}
	case "bool":
		if v != "true" && v != "false" {
			return "", "INVALID_BOOLEAN"
		}
	case "date":
		at, ok := moment(v)
		if !ok || !at.Equal(at.Truncate(midnight)) {
			return "", "INVALID_DATE"
		}
		return at.Format(time.DateOnly), ""
	case "datetime":
		at, ok := moment(v)
		if !ok {
			return "", "INVALID_DATE"
		}
		return at.Format("2006-01-02T15:04:05.000Z"), ""
	case "enumeration":
		parts := []string{v}
		if p.FieldType == "checkbox" {
			parts = strings.Split(v, ";")
		}
		for _, part := range parts {
			if !slices.Contains(p.Options, part) {
				return "", "INVALID_OPTION"
			}
		}
	}
	if p.Name == "email" {
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
			return "", "INVALID_EMAIL"
		}
		return strings.ToLower(v), ""
	}
	return v, ""
}

// moment reads a date or time: text, or milliseconds since 1970.
func moment(v string) (time.Time, bool) {
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(form, v); err == nil {
			return at.UTC(), true
		}
	}
	ms, err := strconv.ParseInt(v, 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}
