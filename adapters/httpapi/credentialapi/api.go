// Package credentialapi is the HTTP side of the vault. A secret goes in and never comes out.
package credentialapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/credentialview"
)

const tag = "credentials"

// Lister lists credentials.
type Lister interface {
	List(ctx context.Context, ws kernel.WorkspaceID, after kernel.CredentialID, limit int) ([]credentialview.Credential, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Handlers *credentialcmd.Handlers
	Reads    Lister
	// Kind is the kind of credential of a provider or vendor, given by its slug; false if there is none that takes one.
	Kind func(name string) (enrichment.CredentialKind, bool)
	// Prove tries a secret of the kind without cost; ok is false where that can't be.
	Prove func(ctx context.Context, kind string, secret map[string]string, hosts []string) (says string, ok bool, err error)
}

// proveWithin is how long a vendor may take to say whether it takes a key.
const proveWithin = 10 * time.Second

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	read := httpapi.Op{
		Tag:        tag,
		Scope:      httpapi.WholeWorkspace,
		Rate:       httpapi.General,
		Action:     workspace.ReadCredentials,
		Projection: credentialview.Name,
	}
	write := httpapi.Op{Tag: tag, Scope: httpapi.WholeWorkspace, Rate: httpapi.General, Action: workspace.ManageCredentials}
	httpapi.Read(a, with(read, "list-credentials", http.MethodGet, "W/credentials", "The stored credentials, masked"), s.list)
	store := with(write, "store-credential", http.MethodPost, "W/credentials", "Store a secret")
	store.Status = http.StatusCreated
	httpapi.Write(a, store, s.store)
	httpapi.Write(a, with(write, "rotate-credential", http.MethodPost, "W/credentials/{credentialId}/rotate", "Replace a secret"), s.rotate)
	httpapi.Write(a, with(write, "change-credential-hosts", http.MethodPut, "W/credentials/{credentialId}/hosts",
		"Say which hosts a secret may be sent to"), s.changeHosts)
	httpapi.Write(a, with(write, "delete-credential", http.MethodDelete, "W/credentials/{credentialId}", "Delete a secret"), s.delete)
	httpapi.Write(a, with(write, "test-credential", http.MethodPost, "W/credentials/{credentialId}/test",
		"Check that a secret can be opened and, where that costs nothing, that its vendor takes it"), s.test)
}

func with(op httpapi.Op, id, method, path, summary string) httpapi.Op {
	op.ID, op.Method, op.Path, op.Summary = id, method, path, summary
	return op
}

type service struct{ Deps }

type listIn struct {
	httpapi.InWorkspace
	httpapi.Page
}

// Credential is a stored secret, masked.
type Credential struct {
	ID        kernel.CredentialID `json:"id"`
	Provider  string              `json:"provider"`
	Name      string              `json:"name"`
	Masked    string              `json:"masked"`
	Version   int                 `json:"version"`
	CreatedAt time.Time           `json:"created_at"`
	UpdatedAt time.Time           `json:"updated_at"`
	LastUsed  *time.Time          `json:"last_used_at,omitempty"`
	Hosts     []string            `json:"hosts" nullable:"false" doc:"The hosts that the secret may be sent to, by https; without one it can't be used"`
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]Credential, httpapi.Meta, error) {
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixCredential, in.Cursor) != nil {
		return nil, httpapi.Meta{}, kernel.E(kernel.KindMalformed, "MALFORMED", "the cursor is not one of this list")
	}
	list, err := s.Reads.List(ctx, p.Workspace, kernel.CredentialID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	var meta httpapi.Meta
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(c credentialview.Credential) string { return string(c.ID) })
	out := make([]Credential, len(list))
	for i, c := range list {
		out[i] = Credential{
			ID:        c.ID,
			Provider:  c.Provider,
			Name:      c.Name,
			Masked:    c.Masked,
			Version:   c.Version,
			CreatedAt: c.CreatedAt.UTC(),
			UpdatedAt: c.UpdatedAt.UTC(),
			LastUsed:  c.LastUsed,
			Hosts:     append([]string{}, c.Hosts...),
		}
	}
	return out, meta, nil
}

type storeIn struct {
	httpapi.InWorkspace
	Body struct {
		Provider string            `json:"provider" maxLength:"50" doc:"The slug of a provider, or the kind of its credential"`
		Name     string            `json:"name"`
		Secret   map[string]string `json:"secret" doc:"For example {\"api_key\": \"…\"}"`
		Hosts    []string          `json:"hosts,omitempty" nullable:"false" maxItems:"20" doc:"The hosts that the secret may be sent to, by https: api.example.com, or *.example.com for all below it. Without one it can't be used until they are named; of a vendor's kind they are the vendor's where none are given."`
	}
}

func (s service) store(ctx context.Context, meta kernel.Meta, in *storeIn) (commands.Result[credentialcmd.Stored], error) {
	kind, ok := s.Kind(in.Body.Provider)
	if !ok {
		return commands.Result[credentialcmd.Stored]{}, kernel.Invalid("provider",
			"there is no provider %q that takes a key; GET /api/v1/providers lists them", in.Body.Provider)
	}
	hosts := in.Body.Hosts
	if len(hosts) == 0 {
		hosts = kind.Hosts
	}
	return s.Handlers.Store(ctx, meta, credentialcmd.Store{Provider: kind.Kind, Name: in.Body.Name, Secret: in.Body.Secret, Hosts: hosts})
}

// InCredential is embedded by the inputs of endpoints of a credential.
type InCredential struct {
	httpapi.InWorkspace
	ID kernel.CredentialID `path:"credentialId"`
}

type rotateIn struct {
	InCredential
	Body struct {
		Secret map[string]string `json:"secret"`
	}
}

func (s service) rotate(ctx context.Context, meta kernel.Meta, in *rotateIn) (commands.Result[credentialcmd.Stored], error) {
	return s.Handlers.Rotate(ctx, meta, credentialcmd.Rotate{ID: in.ID, Secret: in.Body.Secret})
}

type hostsIn struct {
	InCredential
	Body struct {
		Hosts []string `json:"hosts" nullable:"false" maxItems:"20" doc:"All hosts that the secret may be sent to from now on, in place of those before"`
	}
}

func (s service) changeHosts(ctx context.Context, meta kernel.Meta, in *hostsIn) (commands.Result[credentialcmd.Stored], error) {
	return s.Handlers.ChangeHosts(ctx, meta, credentialcmd.ChangeHosts{ID: in.ID, Hosts: in.Body.Hosts})
}

func (s service) delete(ctx context.Context, meta kernel.Meta, in *InCredential) (commands.Result[credentialcmd.Nothing], error) {
	return s.Handlers.Delete(ctx, meta, in.ID)
}

// Tested is the outcome of a test.
type Tested struct {
	OK      bool   `json:"ok"`
	Message string `json:"message"`
}

func (s service) test(ctx context.Context, meta kernel.Meta, in *InCredential) (commands.Result[Tested], error) {
	provider, err := s.Handlers.Provider(ctx, meta.Workspace, in.ID)
	if err != nil {
		return commands.Result[Tested]{}, err
	}
	secret, hosts, err := s.Handlers.Open(ctx, meta, in.ID, "test")
	var refused *kernel.Error
	if errors.As(err, &refused) && refused.Kind == kernel.KindConflict {
		return commands.Result[Tested]{Value: Tested{Message: refused.Message}}, nil
	}
	if err != nil {
		return commands.Result[Tested]{}, err
	}
	if len(hosts) == 0 {
		return commands.Result[Tested]{Value: Tested{Message: "the secret can be opened, but " + credential.ErrNoHosts.Error()}}, nil
	}
	return commands.Result[Tested]{Value: s.prove(ctx, provider, secret, hosts)}, nil
}

// prove asks the vendor, where that costs nothing. What comes back is blanked: it may repeat the key.
func (s service) prove(ctx context.Context, provider string, secret map[string]string, hosts []string) Tested {
	ctx, cancel := context.WithTimeout(ctx, proveWithin)
	defer cancel()
	says, ok, err := s.Prove(ctx, provider, secret, hosts)
	clean := credential.NewRedactor(secret)
	switch {
	case err != nil:
		return Tested{Message: clean.Text(enrichment.AsCallError(err).Message)}
	case !ok:
		return Tested{OK: true, Message: "the secret is stored and can be opened"}
	default:
		return Tested{OK: true, Message: clean.Text(says)}
	}
}
