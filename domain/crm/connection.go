package crm

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// ConnectWithin is how long an attempt to connect may be completed.
const ConnectWithin = 10 * time.Minute

// RefreshWithin is how long a refresh of tokens may take; one that has not ended by then is taken for lost.
const RefreshWithin = 40 * time.Second

// ConnectionState is where a connection stands.
type ConnectionState string

// The states.
const (
	ConnectionPending      ConnectionState = "pending" // never connected yet
	ConnectionActive       ConnectionState = "connected"
	ConnectionDenied       ConnectionState = "needs_reconnect" // the vendor has ended the access
	ConnectionDisconnected ConnectionState = "disconnected"
)

// Connection is a workspace's access to an account of a CRM. Its tokens are sealed under a key of their own, which is destroyed with it.
type Connection struct {
	kernel.Root
	id         kernel.ConnectionID
	workspace  kernel.WorkspaceID
	vendor     string
	state      ConnectionState
	account    Account
	attempt    *ConnectAsked // not answered yet
	grants     int           // made so far
	sealed     []byte
	serial     int // of the tokens, which each refresh raises
	refreshing time.Time
}

// NewConnection returns a connection without events.
func NewConnection() *Connection { return &Connection{} }

// In reports whether the connection is there, and one of the workspace's.
func (c *Connection) In(ws kernel.WorkspaceID) bool {
	return c.id != "" && c.workspace == ws && c.state != ConnectionDisconnected
}

// ID is the connection's.
func (c *Connection) ID() kernel.ConnectionID { return c.id }

// Workspace is whose the connection is.
func (c *Connection) Workspace() kernel.WorkspaceID { return c.workspace }

// Vendor is the slug of the CRM.
func (c *Connection) Vendor() string { return c.vendor }

// State is where the connection stands.
func (c *Connection) State() ConnectionState { return c.state }

// Account is who is connected.
func (c *Connection) Account() Account { return c.account }

// Attempt is the attempt to connect that waits for its answer; nil for none.
func (c *Connection) Attempt() *ConnectAsked { return c.attempt }

// Tokens are the sealed tokens, with their serial number and the subject that they are sealed for.
func (c *Connection) Tokens() (sealed []byte, serial int, subject string) {
	return c.sealed, c.serial, c.subject(c.grants)
}

// NextSubject is what the tokens of the next grant are sealed for.
func (c *Connection) NextSubject() string { return c.subject(c.grants + 1) }

func (c *Connection) subject(grant int) string {
	return GrantKeys + string(c.id) + "/" + strconv.Itoa(grant)
}

// Ask begins an attempt to connect, which replaces one that waits.
func (c *Connection) Ask(e ConnectAsked) error {
	if c.state == ConnectionDisconnected {
		return kernel.NotFound("connection", string(e.ConnectionID))
	}
	return c.Record(c, e)
}

// ErrAttempt says that an answer belongs to no attempt that waits for one.
func ErrAttempt() *kernel.Error {
	return kernel.E(kernel.KindConflict, "CONNECT_EXPIRED", "this attempt to connect has expired or was completed already; connect again")
}

// Answer takes the answer to the attempt, which can have one only. Both secrets must be those that it was begun with.
func (c *Connection) Answer(vendor, state, browser string, at time.Time) (ConnectAsked, error) {
	a := c.attempt
	if a == nil || c.state == ConnectionDisconnected || vendor != c.vendor || at.After(a.At.Add(ConnectWithin)) ||
		!same(a.State, state) || !same(a.Browser, browser) {
		return ConnectAsked{}, ErrAttempt()
	}
	return *a, c.Record(c, ConnectAnswered{ConnectionID: c.id, At: at})
}

// Digest is what is kept of a secret that comes back.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func same(digest, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(digest), []byte(Digest(secret))) == 1
}

// Connect notes the access that was allowed. A connection stays with its account, since its records are known by that account's ids.
func (c *Connection) Connect(a Account, sealed []byte, by kernel.UserID, at time.Time) error {
	if c.account.ID != "" && c.account.ID != a.ID {
		return kernel.E(kernel.KindConflict, "OTHER_ACCOUNT", "that is the account %s, and this connection is with %s; connect it as a new one",
			kernel.Shorten(a.Name), kernel.Shorten(c.account.Name))
	}
	return c.Record(c, Connected{ConnectionID: c.id, Workspace: c.workspace, Vendor: c.vendor, Account: a, Sealed: sealed, By: by, At: at})
}

// BeginRefresh claims the refresh of the tokens with the serial number: one at a time. ok is false while another one is under way, or when
// it was done meanwhile.
func (c *Connection) BeginRefresh(serial int, at time.Time) (ok bool, err error) {
	if c.state != ConnectionActive {
		return false, ErrNotConnected()
	}
	if serial != c.serial || at.Before(c.refreshing.Add(RefreshWithin)) {
		return false, nil
	}
	return true, c.Record(c, RefreshBegun{ConnectionID: c.id, Serial: serial, At: at})
}

// Refresh notes new tokens.
func (c *Connection) Refresh(serial int, sealed []byte, at time.Time) error {
	if c.state != ConnectionActive || serial != c.serial {
		return kernel.E(kernel.KindConflict, "REFRESH_LATE", "the tokens were replaced meanwhile")
	}
	return c.Record(c, Refreshed{ConnectionID: c.id, Serial: serial + 1, Sealed: sealed, At: at})
}

// FailRefresh notes that no new tokens came; denied says that none ever will.
func (c *Connection) FailRefresh(serial int, reason string, denied bool, at time.Time) error {
	if c.state != ConnectionActive || serial != c.serial {
		return nil
	}
	return c.Record(c, RefreshFailed{ConnectionID: c.id, Serial: serial, Reason: reason, Denied: denied, At: at})
}

// Disconnect ends the connection. Its tokens' keys are to be destroyed.
func (c *Connection) Disconnect(at time.Time) error {
	return c.Record(c, Disconnected{ConnectionID: c.id, Vendor: c.vendor, Account: c.account, At: at})
}

// ErrNotConnected says that a CRM can't be asked.
func ErrNotConnected() *kernel.Error {
	return kernel.E(kernel.KindConflict, "NOT_CONNECTED", "the CRM isn't connected any more; connect it again under Integrations")
}

// Apply implements kernel.Aggregate.
func (c *Connection) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case ConnectAsked:
		c.id, c.workspace, c.vendor, c.attempt = e.ConnectionID, e.Workspace, e.Vendor, &e
		if c.state == "" {
			c.state = ConnectionPending
		}
	case ConnectAnswered:
		c.attempt = nil
	case Connected:
		c.state, c.account, c.sealed, c.refreshing = ConnectionActive, e.Account, e.Sealed, time.Time{}
		c.grants++
		c.serial++
	case RefreshBegun:
		c.refreshing = e.At
	case Refreshed:
		c.sealed, c.serial, c.refreshing = e.Sealed, e.Serial, time.Time{}
	case RefreshFailed:
		c.refreshing = time.Time{}
		if e.Denied {
			c.state = ConnectionDenied
		}
	case Disconnected:
		c.state, c.sealed, c.attempt = ConnectionDisconnected, nil, nil
	default:
		return kernel.UnknownEvent("crm", e)
	}
	return nil
}
