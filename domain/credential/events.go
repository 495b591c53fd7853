package credential

import "github.com/morket/morket/domain/kernel"

// Sealed is a secret that only the vault can open. Nothing in it helps without the master key.
type Sealed struct {
	MasterKey  string `json:"master_key"`  // id of the master key that the workspace's key is derived from
	WrapNonce  []byte `json:"wrap_nonce"`  // of the wrapped data key
	WrappedKey []byte `json:"wrapped_key"` // the credential's own data key
	Nonce      []byte `json:"nonce"`
	Ciphertext []byte `json:"ciphertext"`
}

// Stored begins a credential.
type Stored struct {
	ID        kernel.CredentialID `json:"id"`
	Workspace kernel.WorkspaceID  `json:"workspace_id"`
	Provider  string              `json:"provider"`
	Name      string              `json:"name"`
	Masked    map[string]string   `json:"masked"`
	Version   int                 `json:"version"`
	Sealed    Sealed              `json:"sealed"`
	// Hosts are those that the secret may be sent to; none of a credential from before hosts were named, which can't be sent.
	Hosts []string `json:"hosts,omitempty"`
}

// Rotated replaces the secret.
type Rotated struct {
	ID      kernel.CredentialID `json:"id"`
	Masked  map[string]string   `json:"masked"`
	Version int                 `json:"version"`
	Sealed  Sealed              `json:"sealed"`
}

// Rewrapped replaces the wrapping of the data key after the master key was rotated; the secret is the same.
type Rewrapped struct {
	ID     kernel.CredentialID `json:"id"`
	Sealed Sealed              `json:"sealed"`
}

// Used records that the secret was opened, and for what.
type Used struct {
	ID      kernel.CredentialID `json:"id"`
	Version int                 `json:"version"`
	Purpose string              `json:"purpose"`
}

// HostsChanged says which hosts the secret may be sent to from now on.
type HostsChanged struct {
	ID    kernel.CredentialID `json:"id"`
	Hosts []string            `json:"hosts"`
}

// Deleted ends a credential; its secret can't be opened any more.
type Deleted struct {
	ID kernel.CredentialID `json:"id"`
}

// EventType names the event.
func (Stored) EventType() string { return "credential.stored.v1" }

// EventType names the event.
func (Rotated) EventType() string { return "credential.rotated.v1" }

// EventType names the event.
func (Rewrapped) EventType() string { return "credential.rewrapped.v1" }

// EventType names the event.
func (Used) EventType() string { return "credential.used.v1" }

// EventType names the event.
func (HostsChanged) EventType() string { return "credential.hosts_changed.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "credential.deleted.v1" }

// Events lists the module's events.
func Events() []kernel.Event {
	return []kernel.Event{Stored{}, Rotated{}, Rewrapped{}, Used{}, HostsChanged{}, Deleted{}}
}
