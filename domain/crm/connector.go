package crm

import (
	"context"
	"time"
)

// Connector is the way to one kind of CRM. It knows the vendor's addresses, words, limits and errors, and nothing of workspaces. It
// neither retries nor waits but for the Turn of each request, keeps nothing between calls, and its errors are *CallError. All its
// implementations pass one suite.
type Connector interface {
	Describe() Vendor
	Authorizer
	Reader
	Writer
}

// Authorizer does the vendor's side of OAuth 2 (RFC 6749) with PKCE (RFC 7636).
type Authorizer interface {
	// AuthorizeURL is where a person allows the access.
	AuthorizeURL(a Authorization) string
	// Exchange turns the code that came back into tokens.
	Exchange(ctx context.Context, a Authorization, code string) (Grant, error)
	// Refresh turns a refresh token into new tokens. A CallError of CallDenied says that the grant is gone for good.
	Refresh(ctx context.Context, g Grant) (Grant, error)
	// Revoke ends the grant at the vendor. A grant that is gone already is no error.
	Revoke(ctx context.Context, g Grant) error
}

// Reader reads records as they are now.
type Reader interface {
	// Account says which account of the vendor the grant is for.
	Account(ctx context.Context, g Grant) (Account, error)
	// Fields lists the fields of an object, custom ones too.
	Fields(ctx context.Context, g Grant, object string) ([]Field, error)
	// Find reads the records whose field by has one of the values, at most Vendor.Batch values a call; by "" is the vendor's own id.
	// Values that no record has are left out; a value that several records have gives them all.
	Find(ctx context.Context, g Grant, object, by string, values, fields []string) ([]Record, error)
	// Changed reads what was changed, deleted or merged since the cursor, oldest first, a page at a time. A zero cursor begins at the
	// first record. The cursor moves by (modified, id), so that equal times and late rows lose nothing.
	Changed(ctx context.Context, g Grant, object string, fields []string, after Cursor) (Page, error)
}

// Writer changes records.
type Writer interface {
	// Write creates and updates at most Vendor.Batch records of one object. The outcomes come in the order of the writes. An error is of
	// the whole call: Lost says whether it may have been carried out.
	Write(ctx context.Context, g Grant, object string, writes []Write) ([]Written, error)
	// Archive moves records to the vendor's recycle bin. One that is gone already is no failure.
	Archive(ctx context.Context, g Grant, object string, ids []string) ([]Written, error)
}

// Vendor describes a CRM.
type Vendor struct {
	Slug    string // "hubspot"
	Name    string
	Terms   string // what a person should know before connecting, with the vendor's limits
	Batch   int    // records a call of Write, Find and Archive
	Objects []Object
	Limits  []Limit
	Changes []Limit // of requests that read changes or search, beside Limits
	// Lags says that Changed may give a record as it was some seconds ago, when Find by the vendor's own id gives it as it is.
	Lags bool
	// Instances says what Authorization.Instance may be; "" where the vendor has one login address.
	Instances string
}

// Limit is a number of calls within a window that the vendor allows an account.
type Limit struct {
	Calls  int
	Window time.Duration
}

// Object is a kind of record.
type Object struct {
	Slug string // "contacts"
	Name string
	// Keys are the fields by which a record is found again, the surest first. Upserts says which of them the vendor creates by without
	// ever making a second record: such a create may be repeated after a lost answer.
	Keys []Key
}

// Key is a field that tells records apart.
type Key struct {
	Field   string
	Name    string
	Upserts bool
}

// Authorization is one attempt to connect.
type Authorization struct {
	ClientID     string
	ClientSecret string
	Redirect     string
	State        string
	Verifier     string // of PKCE; its S256 challenge is what leaves before the exchange
	Instance     string // "" is the vendor's own login address; Salesforce's "sandbox" and My Domains differ
}

// Grant is an allowed access. It holds secrets: it is kept in the vault only and prints itself without them.
type Grant struct {
	ClientID     string    `json:"client_id"`
	ClientSecret string    `json:"client_secret"`
	Access       string    `json:"access"`
	Refresh      string    `json:"refresh"`
	Instance     string    `json:"instance,omitempty"` // the address that the account's API is at, where that is not the vendor's
	Scopes       []string  `json:"scopes,omitempty"`
	Expires      time.Time `json:"expires,omitzero"` // zero: the vendor doesn't say; a refused call tells
}

// String hides the secrets.
func (g Grant) String() string { return "[grant]" }

// GoString hides the secrets.
func (g Grant) GoString() string { return g.String() }

// Account is who was connected.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	User string `json:"-"` // a person's, so it is not kept
}

// FieldType is the type of a field's values, as they are written in a Record.
type FieldType string

// The types. Values are texts in one form for all vendors: numbers as decimals, dates as 2006-01-02, times in RFC 3339 and UTC, booleans as
// true and false, several options with semicolons between them.
const (
	FieldText     FieldType = "text"
	FieldNumber   FieldType = "number"
	FieldDate     FieldType = "date"
	FieldTime     FieldType = "datetime"
	FieldBoolean  FieldType = "boolean"
	FieldOption   FieldType = "option"
	FieldOptions  FieldType = "options"
	FieldRelation FieldType = "relation" // another record's id
)

// Field is a field of an object.
type Field struct {
	Name     string
	Label    string
	Type     FieldType
	Options  []Option
	ReadOnly bool
	Required bool // of a new record
	MaxChars int  // 0: unknown
}

// Option is a choice of a field.
type Option struct {
	Value string
	Label string
}

// Record is a record as it was read. A field without a value is "".
type Record struct {
	ID       string
	Values   map[string]string
	Modified time.Time
	Deleted  bool
	// MergedInto is the id of the record that took this one over; MergedFrom are those that this one took over.
	MergedInto string
	MergedFrom []string
	URL        string // where a person sees it
}

// Write is a change of one record.
type Write struct {
	Trace string // unique within the call; vendors that answer in another order are matched by it
	ID    string // "" creates
	// By and Value are the key of a record that is created.
	By, Value string
	Values    map[string]string // "" empties the field
	// Unchanged, if it is set, is the modified time that the record must still have; vendors without such a check ignore it.
	Unchanged time.Time
}

// Written is the outcome of a Write.
type Written struct {
	ID      string
	Created bool
	Failure *CallError // nil: done
}

// Cursor is how far an object was read.
type Cursor struct {
	Modified time.Time `json:"modified,omitzero"`
	ID       string    `json:"id,omitempty"`
}

// Page is a page of changes.
type Page struct {
	Records []Record
	Next    Cursor
	More    bool
}

// CallKind is what went wrong with a call or with one of its records.
type CallKind string

// The kinds.
const (
	CallFailed      CallKind = "failed"       // the vendor's fault, or an answer that makes no sense; may be repeated later
	CallLimited     CallKind = "rate_limited" // too fast; RetryAfter if the vendor said it
	CallExhausted   CallKind = "exhausted"    // a day's quota is gone
	CallDenied      CallKind = "denied"       // the grant is gone, or its rights don't suffice
	CallExpired     CallKind = "expired"      // the access token must be refreshed
	CallBusy        CallKind = "busy"         // a lock is held on the record or the grant; may be repeated at once
	CallInvalid     CallKind = "invalid"      // the vendor refuses a value
	CallDuplicate   CallKind = "duplicate"    // the vendor takes the record for one that it has
	CallGone        CallKind = "gone"         // the record is deleted or merged away
	CallConflicting CallKind = "conflict"     // the record was changed since it was read
)

// CallError is a failed call, or the failure of one record. Message is shown to people and never holds a secret.
type CallError struct {
	Kind       CallKind
	Message    string
	Field      string // the field that is at fault, if the vendor named it
	Existing   string // of CallDuplicate: the id of the record that is there
	RetryAfter time.Duration
	Lost       bool // the call may have been carried out although no answer came
}

// Error returns the message.
func (e *CallError) Error() string { return e.Message }
