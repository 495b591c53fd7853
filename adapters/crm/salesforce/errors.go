package salesforce

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// trouble is an error as Salesforce writes it, of a call or, with another name for its code, of a record.
type trouble struct {
	Message crmwire.Text  `json:"message"`
	Code    crmwire.Text  `json:"errorCode"`
	Status  crmwire.Text  `json:"statusCode"`
	Fields  crmwire.Texts `json:"fields"`

	Match crmwire.Loose[duplicates] `json:"duplicateResult"`
}

// duplicates are the records for which a duplicate rule took another one.
type duplicates struct {
	Results []struct {
		Records []struct {
			Record struct {
				ID crmwire.Text `json:"Id"`
			} `json:"record"`
		} `json:"matchRecords"`
	} `json:"matchResults"`
}

func (t trouble) code() string { return string(t.Status + t.Code) }

// failure is the error of an answer, nil if it is none. Salesforce gives errors as a list of one.
func failure(a *crmwire.Answer) *crm.CallError {
	if a.OK() {
		return nil
	}
	var list []trouble
	if len(a.Body) > 0 {
		if json.Unmarshal(a.Body, &list) != nil {
			var one trouble
			if json.Unmarshal(a.Body, &one) == nil {
				list = []trouble{one}
			}
		}
	}
	if len(list) == 0 {
		return a.Trouble("")
	}
	t := list[0]
	e := a.Trouble(string(t.Message))
	if kind, ok := kindOf(t, a.Header.Get("Sforce-Limit-Info")); ok {
		e.Kind, e.Lost = kind, false
	}
	t.complete(e)
	return e
}

// ofRecord makes an error of what Salesforce says of one record of a call.
func ofRecord(a *crmwire.Answer, list []trouble) *crm.CallError {
	if len(list) == 0 {
		return crmwire.Fail(crm.CallFailed, "Salesforce refuses the record without a reason")
	}
	t := list[0]
	e := crmwire.Fail(crm.CallInvalid, a.Say(string(t.Message)))
	if e.Message == "" {
		e.Message = a.Say("Salesforce refuses the record: " + t.code())
	}
	if kind, ok := kindOf(t, a.Header.Get("Sforce-Limit-Info")); ok {
		e.Kind = kind
	}
	t.complete(e)
	return e
}

// within matches the id in the words of a value that only one record may have.
var within = regexp.MustCompile(`with id: *([A-Za-z0-9]{15,18})`)

// complete adds the field that is at fault and the record that is there.
func (t trouble) complete(e *crm.CallError) {
	e.Field = t.Fields.First()
	if e.Kind != crm.CallDuplicate {
		return
	}
	if m := within.FindStringSubmatch(string(t.Message)); m != nil {
		e.Existing = m[1]
	}
	for _, r := range t.Match.Value.Results {
		for _, m := range r.Records {
			if e.Existing == "" && ids.MatchString(string(m.Record.ID)) {
				e.Existing = string(m.Record.ID)
			}
		}
	}
}

// kindOf says what a code means; false for one that the status tells more of.
func kindOf(t trouble, limits string) (crm.CallKind, bool) {
	switch t.code() {
	case "INVALID_SESSION_ID", "INVALID_AUTH_HEADER":
		return crm.CallExpired, true
	case "REQUEST_LIMIT_EXCEEDED":
		// The day's calls, or too many long ones at once: the words say which, or the count that comes with each answer.
		if strings.Contains(string(t.Message), "TotalRequests") || used(limits) {
			return crm.CallExhausted, true
		}
		return crm.CallLimited, true
	case "UNABLE_TO_LOCK_ROW":
		return crm.CallBusy, true
	case "DUPLICATES_DETECTED", "DUPLICATE_VALUE", "DUPLICATE_EXTERNAL_ID":
		return crm.CallDuplicate, true
	case "ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY":
		if len(t.Fields) > 0 {
			return crm.CallInvalid, true // another record that this one names is gone
		}
		return crm.CallGone, true
	case "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		"INSUFFICIENT_ACCESS", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY_NO_ACCESS":
		return crm.CallDenied, true
	case "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION":
		return crm.CallFailed, true
	case "INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "REQUIRED_FIELD_MISSING", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "STRING_TOO_LONG",
		"INVALID_EMAIL_ADDRESS", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "CANNOT_UPDATE_CONVERTED_LEAD", "JSON_PARSER_ERROR",
		"INVALID_FIELD_FOR_INSERT_UPDATE", "MALFORMED_ID", "FIELD_INTEGRITY_EXCEPTION":
		return crm.CallInvalid, true
	default:
		return "", false
	}
}

// usage matches the count of an organisation's calls, which each answer has: "api-usage=18/5000".
var usage = regexp.MustCompile(`api-usage=([0-9]{1,9})/([0-9]{1,9})`)

// used reports that no calls are left.
func used(limits string) bool {
	m := usage.FindStringSubmatch(limits)
	if m == nil {
		return false
	}
	return len(m[1]) > len(m[2]) || len(m[1]) == len(m[2]) && m[1] >= m[2]
}
