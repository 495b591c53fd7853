// Package workspaceview keeps what members see of their workspaces: the list of them, members, invitations, API keys.
package workspaceview

import (
	"context"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "workspace"

// Item is one event with what the log says about it.
type Item struct {
	Event  kernel.Event
	Client string // the address it came from
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Write makes the changes of the events, in order.
	Write(ctx context.Context, items []Item) error
}

// Projector folds the events into the read model.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector; open turns the store's transaction into a Writer.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec: codec, open: open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 4 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	wanted := []kernel.Event{
		auth.UserRegistered{},
		auth.APIKeyCreated{},
		auth.APIKeyRevoked{},
		auth.PasswordChanged{},
		workspace.Created{},
		workspace.Renamed{},
		workspace.SlugChanged{},
		workspace.TimeZoneChanged{},
		workspace.Deleted{},
		workspace.Restored{},
		workspace.MemberAdded{},
		workspace.MemberRoleChanged{},
		workspace.MemberRemoved{},
		workspace.Invited{},
		workspace.InvitationClosed{},
	}
	out := make([]string, len(wanted))
	for i, e := range wanted {
		out[i] = e.EventType()
	}
	return out
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	items := make([]Item, len(events))
	for i, r := range events {
		e, err := p.codec.Decode(r)
		if err != nil {
			return err
		}
		meta, err := r.Meta()
		if err != nil {
			return err
		}
		items[i] = Item{Event: e, Client: meta.Client}
	}
	return w.Write(ctx, items)
}
