// Package credentialcmd stores, rotates, opens and deletes the secrets of a workspace.
package credentialcmd

import (
	"context"

	"github.com/invopop/validation"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Category is the category of the credentials' streams.
const Category = "credential"

// Sealer encrypts and decrypts secrets.
type Sealer interface {
	Seal(ws kernel.WorkspaceID, id kernel.CredentialID, version int, secret map[string]string) (credential.Sealed, error)
	Open(ws kernel.WorkspaceID, id kernel.CredentialID, version int, s credential.Sealed) (map[string]string, error)
	Stale(s credential.Sealed) bool
	Rewrap(ws kernel.WorkspaceID, id kernel.CredentialID, version int, s credential.Sealed) (credential.Sealed, error)
}

// Handlers carry out the vault's commands.
type Handlers struct {
	repo   *eventstore.Repo[*credential.Credential]
	ids    *kernel.IDs
	sealer Sealer
}

// NewHandlers returns the handlers.
func NewHandlers(store eventstore.Store, codec *eventstore.Codec, ids *kernel.IDs, sealer Sealer) *Handlers {
	return &Handlers{repo: eventstore.NewRepo(Category, store, codec, credential.New), ids: ids, sealer: sealer}
}

// Store keeps a new secret.
type Store struct {
	Provider string
	Name     string
	Secret   map[string]string
	Hosts    []string // that it may be sent to; none until they are named
}

// Stored is what a command answers of a credential; it never holds the secret.
type Stored struct {
	ID       kernel.CredentialID `json:"id"`
	Provider string              `json:"provider"`
	Name     string              `json:"name,omitempty"`
	Masked   string              `json:"masked"`
	Version  int                 `json:"version"`
	Hosts    []string            `json:"hosts" nullable:"false" doc:"The hosts that the secret may be sent to, by https"`
}

// Validate checks the command by itself.
func (c Store) Validate() error {
	return kernel.Check(
		kernel.Field("provider", c.Provider, validation.Required.Error("must name a provider")),
		kernel.Field("name", c.Name, validation.By(func(any) error { return credential.CheckName(c.Name) })),
		kernel.Field("secret", c.Secret, validation.By(func(any) error { return credential.CheckSecret(c.Secret) })),
	)
}

// Store carries out a Store.
func (h *Handlers) Store(ctx context.Context, meta kernel.Meta, c Store) (commands.Result[Stored], error) {
	if err := c.Validate(); err != nil {
		return commands.Result[Stored]{}, err
	}
	hosts, err := credential.NormaliseHosts(c.Hosts)
	if err != nil {
		return commands.Result[Stored]{}, err
	}
	id := kernel.CredentialID(h.ids.New(kernel.PrefixCredential))
	sealed, err := h.sealer.Seal(meta.Workspace, id, 1, c.Secret)
	if err != nil {
		return commands.Result[Stored]{}, err
	}
	masked := credential.Mask(c.Secret)
	out := Stored{ID: id, Provider: c.Provider, Name: c.Name, Masked: credential.MaskedText(masked), Version: 1, Hosts: hosts}
	done, err := h.repo.Update(ctx, meta.As("credential.store"), string(id), func(cr *credential.Credential) (any, error) {
		return out, cr.Store(credential.Stored{
			ID:        id,
			Workspace: meta.Workspace,
			Provider:  c.Provider,
			Name:      c.Name,
			Masked:    masked,
			Sealed:    sealed,
			Hosts:     hosts,
		})
	})
	if err != nil {
		return commands.Result[Stored]{}, err
	}
	return commands.Reply(done, out)
}

// Rotate replaces a secret.
type Rotate struct {
	ID     kernel.CredentialID
	Secret map[string]string
}

// Rotate carries out a Rotate.
func (h *Handlers) Rotate(ctx context.Context, meta kernel.Meta, c Rotate) (commands.Result[Stored], error) {
	if err := credential.CheckSecret(c.Secret); err != nil {
		return commands.Result[Stored]{}, err
	}
	masked := credential.Mask(c.Secret)
	var out Stored
	done, err := h.repo.Update(ctx, meta.As("credential.rotate"), string(c.ID), func(cr *credential.Credential) (any, error) {
		if !cr.Exists(meta.Workspace) {
			return nil, kernel.NotFound("credential", string(c.ID))
		}
		sealed, err := h.sealer.Seal(meta.Workspace, c.ID, cr.Version()+1, c.Secret)
		if err != nil {
			return nil, err
		}
		out = Stored{
			ID:       c.ID,
			Provider: cr.Provider(),
			Masked:   credential.MaskedText(masked),
			Version:  cr.Version() + 1,
			Hosts:    append([]string{}, cr.Hosts()...),
		}
		return out, cr.Rotate(masked, sealed)
	})
	if err != nil {
		return commands.Result[Stored]{}, err
	}
	return commands.Reply(done, out)
}

// ChangeHosts says which hosts a secret may be sent to.
type ChangeHosts struct {
	ID    kernel.CredentialID
	Hosts []string
}

// ChangeHosts carries out a ChangeHosts.
func (h *Handlers) ChangeHosts(ctx context.Context, meta kernel.Meta, c ChangeHosts) (commands.Result[Stored], error) {
	hosts, err := credential.NormaliseHosts(c.Hosts)
	if err != nil {
		return commands.Result[Stored]{}, err
	}
	var out Stored
	done, err := h.repo.Update(ctx, meta.As("credential.change_hosts"), string(c.ID), func(cr *credential.Credential) (any, error) {
		if !cr.Exists(meta.Workspace) {
			return nil, kernel.NotFound("credential", string(c.ID))
		}
		out = Stored{ID: c.ID, Provider: cr.Provider(), Version: cr.Version(), Hosts: hosts}
		return out, cr.ChangeHosts(hosts)
	})
	if err != nil {
		return commands.Result[Stored]{}, err
	}
	return commands.Reply(done, out)
}

// Hosts returns the hosts that a credential may be sent to.
func (h *Handlers) Hosts(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) ([]string, error) {
	cr, _, err := h.repo.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if !cr.Exists(ws) {
		return nil, kernel.NotFound("credential", string(id))
	}
	return cr.Hosts(), nil
}

// Provider names what a credential is for.
func (h *Handlers) Provider(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) (string, error) {
	cr, _, err := h.repo.Load(ctx, string(id))
	if err != nil {
		return "", err
	}
	if !cr.Exists(ws) {
		return "", kernel.NotFound("credential", string(id))
	}
	return cr.Provider(), nil
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// Delete ends a credential.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, id kernel.CredentialID) (commands.Result[Nothing], error) {
	done, err := h.repo.Update(ctx, meta.As("credential.delete"), string(id), func(cr *credential.Credential) (any, error) {
		if !cr.Exists(meta.Workspace) {
			return nil, kernel.NotFound("credential", string(id))
		}
		return Nothing{}, cr.Delete()
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Open decrypts a secret and says which hosts it may be sent to, for the purpose, which is recorded before the secret is handed out. A
// secret that is wrapped under an older master key is wrapped anew on the way.
func (h *Handlers) Open(
	ctx context.Context, meta kernel.Meta, id kernel.CredentialID, purpose string,
) (secret map[string]string, hosts []string, err error) {
	meta.IdempotencyKey = "" // each use is an event of its own
	_, err = h.repo.Update(ctx, meta.As("credential.use"), string(id), func(cr *credential.Credential) (any, error) {
		if !cr.Exists(meta.Workspace) {
			return nil, kernel.NotFound("credential", string(id))
		}
		hosts = cr.Hosts()
		var err error
		if secret, err = h.sealer.Open(meta.Workspace, id, cr.Version(), cr.Sealed()); err != nil {
			return nil, kernel.E(kernel.KindConflict, "CREDENTIAL_UNREADABLE", "the secret can't be opened; rotate it").Because(err)
		}
		if h.sealer.Stale(cr.Sealed()) {
			sealed, err := h.sealer.Rewrap(meta.Workspace, id, cr.Version(), cr.Sealed())
			if err != nil {
				return nil, err
			}
			if err := cr.Rewrap(sealed); err != nil {
				return nil, err
			}
		}
		return Nothing{}, cr.Use(purpose)
	})
	if err != nil {
		return nil, nil, err
	}
	return secret, hosts, nil
}
