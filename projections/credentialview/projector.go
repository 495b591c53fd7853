// Package credentialview keeps the list of a workspace's credentials, masked.
package credentialview

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "credential"

// Credential is one line of the list.
type Credential struct {
	ID        kernel.CredentialID
	Workspace kernel.WorkspaceID
	Provider  string
	Name      string
	Masked    string
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
	LastUsed  *time.Time
	Hosts     []string
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	Insert(ctx context.Context, c Credential) error
	Rotate(ctx context.Context, id kernel.CredentialID, masked string, version int, at time.Time) error
	Use(ctx context.Context, id kernel.CredentialID, at time.Time) error
	ChangeHosts(ctx context.Context, id kernel.CredentialID, hosts []string, at time.Time) error
	Delete(ctx context.Context, id kernel.CredentialID) error
}

// Projector folds the credentials.
type Projector struct {
	open func(projections.Tx) (Writer, error)
}

// New makes the projector.
func New(open func(projections.Tx) (Writer, error)) *Projector { return &Projector{open: open} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 2 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return []string{
		credential.Stored{}.EventType(), credential.Rotated{}.EventType(), credential.Used{}.EventType(),
		credential.HostsChanged{}.EventType(), credential.Deleted{}.EventType(),
	}
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := apply(ctx, w, e); err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, r eventstore.Recorded) error {
	var e credential.Stored // the other events' fields are among its own
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	switch r.Type {
	case credential.Stored{}.EventType():
		return w.Insert(ctx, Credential{
			ID: e.ID, Workspace: e.Workspace, Provider: e.Provider, Name: e.Name, Masked: credential.MaskedText(e.Masked),
			Version: e.Version, CreatedAt: r.RecordedAt, UpdatedAt: r.RecordedAt, Hosts: e.Hosts,
		})
	case credential.Rotated{}.EventType():
		return w.Rotate(ctx, e.ID, credential.MaskedText(e.Masked), e.Version, r.RecordedAt)
	case credential.Used{}.EventType():
		return w.Use(ctx, e.ID, r.RecordedAt)
	case credential.HostsChanged{}.EventType():
		return w.ChangeHosts(ctx, e.ID, e.Hosts, r.RecordedAt)
	case credential.Deleted{}.EventType():
		return w.Delete(ctx, e.ID)
	default:
		return fmt.Errorf("unknown event %s", r.Type)
	}
}
