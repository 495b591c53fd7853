package salesforcetwin

import (
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

// Field is a field of an object.
type Field struct {
	Name, Label, Type string
	Length            int
	Options           []string
	ReadOnly          bool
	Required          bool
	External          bool // an external id: only one record may have a value of it
}

func text(name, label string, length int) Field {
	return Field{Name: name, Label: label, Type: "string", Length: length}
}

func system(name, label, kind string) Field {
	return Field{Name: name, Label: label, Type: kind, ReadOnly: true}
}

const (
	short = 80
	long  = 255
)

// fields are those of a new organisation that matter, the external id that an administrator adds, and a few custom ones.
func fields(kind string) []Field {
	all := []Field{
		system("Id", kind+" ID", "id"), system("IsDeleted", "Deleted", "boolean"), system("MasterRecordId", "Master Record ID", "reference"),
		system("CreatedDate", "Created Date", "datetime"), system("SystemModstamp", "System Modstamp", "datetime"),
		{Name: "Morket_Id__c", Label: "Morket ID", Type: "string", Length: short, External: true},
		text("Phone", "Phone", 40),
		{Name: "Description", Label: "Description", Type: "textarea", Length: 32_000},
	}
	person := []Field{
		text("FirstName", "First Name", 40),
		{Name: "LastName", Label: "Last Name", Type: "string", Length: short, Required: true},
		{Name: "Email", Label: "Email", Type: "email", Length: short},
		text("Title", "Title", 128),
		{Name: "Newsletter__c", Label: "Newsletter", Type: "boolean"},
		{Name: "Score__c", Label: "Score", Type: "double"},
		{Name: "Last_Met__c", Label: "Last Met", Type: "date"},
		{Name: "Next_Call__c", Label: "Next Call", Type: "datetime"},
		{Name: "Interests__c", Label: "Interests", Type: "multipicklist", Options: []string{"data", "sales", "music"}},
		{Name: "LeadSource", Label: "Lead Source", Type: "picklist", Options: []string{"Web", "Phone Inquiry", "Partner Referral", "Other"}},
	}
	switch kind {
	case "Contact":
		return append(append(all, person...), Field{Name: "AccountId", Label: "Account ID", Type: "reference"},
			text("MailingCity", "Mailing City", 40), text("MailingCountry", "Mailing Country", short))
	case "Lead":
		return append(append(all, person...), Field{Name: "Company", Label: "Company", Type: "string", Length: long, Required: true},
			text("City", "City", 40), text("Country", "Country", short), system("IsConverted", "Converted", "boolean"),
			Field{Name: "Website", Label: "Website", Type: "url", Length: long})
	default:
		return append(all, Field{Name: "Name", Label: "Account Name", Type: "string", Length: long, Required: true},
			Field{Name: "Website", Label: "Website", Type: "url", Length: long}, text("BillingCity", "Billing City", 40),
			text("BillingCountry", "Billing Country", short), Field{Name: "NumberOfEmployees", Label: "Employees", Type: "int"},
			Field{Name: "AnnualRevenue", Label: "Annual Revenue", Type: "currency"},
			Field{Name: "Industry", Label: "Industry", Type: "picklist", Options: []string{
				"Banking", "Energy", "Machinery", "Technology", "Transportation",
			}})
	}
}

// AddField adds a custom field to an object.
func (t *Twin) AddField(object string, f Field) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[sobject(object)]
	key := strings.ToLower(f.Name)
	if _, ok := k.fields[key]; !ok {
		k.order = append(k.order, key)
	}
	k.fields[key] = f
}

// DropField takes a field from an object, as of an organisation that never had it.
func (t *Twin) DropField(object, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[sobject(object)]
	delete(k.fields, strings.ToLower(name))
	k.order = slices.DeleteFunc(k.order, func(have string) bool { return have == strings.ToLower(name) })
}

func (t *Twin) describe(c call) {
	out := make([]crmtwin.Object, 0, len(c.order))
	for _, name := range c.order {
		f := c.fields[name]
		values := []crmtwin.Object{}
		for _, o := range f.Options {
			values = append(values, crmtwin.Object{"active": true, "label": o, "value": o, "defaultValue": false})
		}
		out = append(out, crmtwin.Object{
			"name": f.Name, "label": f.Label, "type": f.Type, "length": f.Length, "picklistValues": values, "createable": !f.ReadOnly,
			"updateable": !f.ReadOnly, "nillable": !f.Required && f.Type != "boolean", "defaultedOnCreate": f.Type == "boolean",
			"externalId": f.External, "unique": f.External, "custom": strings.HasSuffix(f.Name, "__c"),
		})
	}
	out = append(out, crmtwin.Object{"name": "MailingAddress", "label": "Mailing Address", "type": "address", "nillable": true})
	crmtwin.Answer(c.w, http.StatusOK, crmtwin.Object{"name": c.name, "fields": out})
}

// fault is an error of a record.
type fault struct {
	Code    string         `json:"statusCode"`
	Message string         `json:"message"`
	Fields  []string       `json:"fields"`
	Match   crmtwin.Object `json:"duplicateResult,omitempty"`
}

func wrong(code, message string, names ...string) *fault {
	if names == nil {
		names = []string{}
	}
	return &fault{Code: code, Message: message, Fields: names}
}

const stampForm = "2006-01-02T15:04:05.000-0700"

// keep is one value in the form that it is kept in. Texts are read by the field's type, as Salesforce does.
func (f Field) keep(v string) (string, *fault) {
	if v == "" {
		if f.Required {
			return "", wrong("REQUIRED_FIELD_MISSING", "Required fields are missing: ["+f.Name+"]", f.Name)
		}
		return "", nil
	}
	unreadable := wrong("JSON_PARSER_ERROR", "Cannot deserialize instance of "+f.Type+" from VALUE_STRING value "+v, f.Name)
	switch f.Type {
	case "double", "currency", "int":
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return "", unreadable
		}
	case "boolean":
		if v != "true" && v != "false" {
			return "", unreadable
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "", unreadable
		}
	case "datetime":
		at, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return "", unreadable
		}
		return at.UTC().Format(stampForm), nil
	case "email":
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
			return "", wrong("INVALID_EMAIL_ADDRESS", f.Label+": invalid email address: "+v, f.Name)
		}
	case "picklist", "multipicklist":
		for _, part := range strings.Split(v, ";") {
			if !slices.Contains(f.Options, part) {
				return "", wrong("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f.Label+": bad value for restricted picklist field: "+part, f.Name)
			}
		}
	}
	if f.Length > 0 && len([]rune(v)) > f.Length {
		return "", wrong("STRING_TOO_LONG", f.Label+": data value too large (max length="+strconv.Itoa(f.Length)+")", f.Name)
	}
	return v, nil
}

// kept checks the values of a record.
func (k *kind) kept(values map[string]string, fresh bool) (map[string]string, *fault) {
	out := map[string]string{}
	for name, v := range values {
		f, ok := k.fields[strings.ToLower(name)]
		switch {
		case !ok:
			return nil, wrong("INVALID_FIELD", "No such column '"+name+"' on sobject of type "+k.name, name)
		case f.ReadOnly:
			return nil, wrong("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: "+name, name)
		}
		kept, bad := f.keep(v)
		if bad != nil {
			return nil, bad
		}
		out[strings.ToLower(name)] = kept
	}
	for name, f := range k.fields {
		if fresh && f.Required && out[name] == "" {
			return nil, wrong("REQUIRED_FIELD_MISSING", "Required fields are missing: ["+f.Name+"]", f.Name)
		}
	}
	return out, nil
}

// shown is a record's value as JSON: numbers and booleans are none of texts.
func (k *kind) shown(r *record, name string) any {
	f := k.fields[name]
	v := k.value(r, name)
	switch {
	case f.Type == "boolean":
		return v == "true"
	case v == "":
		return nil
	case f.Type == "double" || f.Type == "currency" || f.Type == "int":
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil
		}
		return n
	default:
		return v
	}
}

// value is a record's value, those that Salesforce keeps itself too.
func (k *kind) value(r *record, name string) string {
	switch name {
	case "id":
		return r.id
	case "isdeleted":
		return strconv.FormatBool(r.deleted)
	case "masterrecordid":
		return r.into
	case "createddate":
		return r.created.Format(stampForm)
	case "systemmodstamp":
		return r.updated.Format(stampForm)
	default:
		return r.values[name]
	}
}

// show is a record with the fields.
func (k *kind) show(r *record, names []string) crmtwin.Object {
	o := crmtwin.Object{"attributes": crmtwin.Object{"type": k.name, "url": "/services/data/v67.0/sobjects/" + k.name + "/" + r.id}}
	for _, name := range names {
		o[k.fields[strings.ToLower(name)].Name] = k.shown(r, strings.ToLower(name))
	}
	return o
}
