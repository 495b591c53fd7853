package authcmd

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// IdentityProvider is where people sign in for several products at once (OpenID Connect).
type IdentityProvider interface {
	// Begin returns the address at the provider where the person signs in.
	Begin(ctx context.Context, s auth.SignOn) (string, error)
	// Complete trades the code for the person that the provider vouches for, after checking all that it says.
	Complete(ctx context.Context, s auth.SignOn, code string) (auth.Vouched, error)
	// End returns the address at the provider that ends the person's session there, empty if it has none.
	End(ctx context.Context, token string) (string, error)
}

// ErrProviderUnreachable says that the identity provider did not answer: nothing is known of the person.
var ErrProviderUnreachable = errors.New("the identity provider can't be reached")

// SignOns makes and reads the secrets of single sign-ons.
type SignOns interface {
	SignOn(until time.Time) (auth.SignOn, error)
	SignOnOf(cookie string) (auth.SignOn, bool)
}

// Joins makes people members of a workspace.
type Joins interface {
	// Admit gives the person the role. When fixed it replaces a role that the person has, but for an owner's; else a member stays as is.
	Admit(ctx context.Context, meta kernel.Meta, user kernel.UserID, role kernel.Role, fixed bool) error
}

// SignOn says how people sign in by an identity provider.
type SignOn struct {
	Provider  IdentityProvider
	Name      string   // of the provider, as people know it
	Domains   []string // of addresses that may sign in; "*" is any
	Only      bool     // passwords are for operators only
	Workspace kernel.WorkspaceID
	Role      kernel.Role            // in Workspace, of people whose groups say nothing; empty: they may not sign in
	Groups    map[string]kernel.Role // roles in Workspace, by group
	Joins     Joins
	SignOns   SignOns
}

// SignOnWay is how single sign-on is offered.
type SignOnWay struct {
	Name string `json:"name" doc:"Of the identity provider."`
	Only bool   `json:"only" doc:"Passwords are not taken, but for operators."`
}

// SignOnWay returns how single sign-on is offered, nil if it is not.
func (h *Handlers) SignOnWay() *SignOnWay {
	if h.cfg.SignOn == nil {
		return nil
	}
	return &SignOnWay{Name: h.cfg.SignOn.Name, Only: h.cfg.SignOn.Only}
}

// BegunSignOn is a single sign-on that the browser has to be sent to the provider for.
type BegunSignOn struct {
	RedirectTo string
	Cookie     string
}

func (h *Handlers) signOn() (*SignOn, error) {
	if h.cfg.SignOn == nil {
		return nil, auth.ErrNoSignOn()
	}
	return h.cfg.SignOn, nil
}

// BeginSignOn begins a single sign-on.
func (h *Handlers) BeginSignOn(ctx context.Context) (BegunSignOn, error) {
	way, err := h.signOn()
	if err != nil {
		return BegunSignOn{}, err
	}
	s, err := way.SignOns.SignOn(h.cfg.Clock.Now().Add(auth.SignOnLife))
	if err != nil {
		return BegunSignOn{}, err
	}
	to, err := way.Provider.Begin(ctx, s)
	if err != nil {
		return BegunSignOn{}, h.providerFailed(ctx, way, err)
	}
	return BegunSignOn{RedirectTo: to, Cookie: s.Cookie}, nil
}

// CompleteSignOn is what the provider sent back by the browser.
type CompleteSignOn struct {
	State, Code string
	Error       string // why there is no code
	Cookie      string
	Agent       string
}

// SignedOn is a session with what ends it at the provider.
type SignedOn struct {
	Opened
	Token string
}

// CompleteSignOn signs in the person that the provider vouches for. Somebody new gets an account; the person's address, if the provider
// has verified it, leads to an account that is there. An attempt is completed once.
func (h *Handlers) CompleteSignOn(ctx context.Context, meta kernel.Meta, cmd CompleteSignOn) (commands.Result[SignedOn], error) {
	var none commands.Result[SignedOn]
	way, err := h.signOn()
	if err != nil {
		return none, err
	}
	s, ok := way.SignOns.SignOnOf(cmd.Cookie)
	if !ok || subtle.ConstantTimeCompare([]byte(s.State), []byte(cmd.State)) != 1 {
		return none, auth.ErrSignOnExpired()
	}
	first, _, err := h.cfg.Attempts.Begin(ctx, "sign-on/"+auth.Hash(s.State), h.cfg.Clock.Now(), 1, auth.SignOnLife)
	if err != nil {
		return none, err
	}
	switch {
	case !first:
		return none, auth.ErrSignOnExpired()
	case cmd.Error != "" || cmd.Code == "":
		h.cfg.Logger.WarnContext(ctx, "the identity provider refused", "event", "auth.sign_on_refused", "error", shorten(cmd.Error, maxAgent))
		return none, auth.ErrSignOnRefused(way.Name)
	}
	v, err := way.Provider.Complete(ctx, s, cmd.Code)
	if err != nil {
		return none, h.providerFailed(ctx, way, err)
	}
	return h.admit(ctx, meta, way, v, cmd.Agent)
}

// providerFailed tells the person what to do, and the log why.
func (h *Handlers) providerFailed(ctx context.Context, way *SignOn, err error) error {
	if ctx.Err() != nil {
		return err
	}
	h.cfg.Logger.WarnContext(ctx, "a single sign-on failed", "event", "auth.sign_on_failed", "error", err)
	if errors.Is(err, ErrProviderUnreachable) {
		return kernel.E(kernel.KindUnavailable, "SIGN_ON_UNREACHABLE", "%s can't be reached; try again in a moment", way.Name).Because(err)
	}
	return auth.ErrSignOnFailed(way.Name).Because(err)
}

// EndSignOn returns the address at the provider that ends the person's session there, empty if there is none: the session here has
// ended in any case.
func (h *Handlers) EndSignOn(ctx context.Context, token string) string {
	if h.cfg.SignOn == nil {
		return ""
	}
	to, err := h.cfg.SignOn.Provider.End(ctx, token)
	if err != nil {
		h.cfg.Logger.WarnContext(ctx, "the session at the identity provider was not ended", "event", "auth.sign_on_end_failed", "error", err)
	}
	return to
}

func (h *Handlers) admit(
	ctx context.Context, meta kernel.Meta, way *SignOn, v auth.Vouched, agent string,
) (commands.Result[SignedOn], error) {
	var none commands.Result[SignedOn]
	email, err := way.judge(v)
	if err != nil {
		return none, err
	}
	role, fixed, err := way.roleOf(v.Groups)
	if err != nil {
		return none, err
	}
	meta.IdempotencyKey, meta.Workspace = "", ""
	id, err := eventstore.Retry(ctx, func(int) (kernel.UserID, error) { return h.accountOf(ctx, meta, v, email) })
	if err != nil {
		return none, err
	}
	if way.Workspace != "" {
		joining := meta
		joining.Actor, joining.Workspace = kernel.System(), way.Workspace
		if err := way.Joins.Admit(ctx, joining.As("sign-on"), id, role, fixed); err != nil {
			return none, err
		}
	}
	opened, err := h.Open(ctx, meta, id, agent)
	return commands.Result[SignedOn]{Position: opened.Position, Value: SignedOn{opened.Value, v.Token}}, err
}

// judge says whether the person may sign in at all. The address must be verified: it leads to an account, and its domain gives access.
func (s *SignOn) judge(v auth.Vouched) (auth.Email, error) {
	email, err := auth.ParseEmail("email", v.Email)
	if err != nil || !v.Verified {
		return "", auth.ErrSignOnEmail(s.Name)
	}
	domain := domainOf(email)
	if !slices.Contains(s.Domains, "*") && !slices.Contains(s.Domains, domain) {
		return "", auth.ErrSignOnNotAllowed("addresses of " + domain + " may not sign in here")
	}
	return email, nil
}

func domainOf(e auth.Email) string {
	_, domain, _ := strings.Cut(string(e), "@")
	return domain
}

// roleOf returns the role that the person's groups give, the strongest of them, or else the default one. fixed says that groups gave it.
func (s *SignOn) roleOf(groups []string) (role kernel.Role, fixed bool, err error) {
	if s.Workspace == "" {
		return "", false, nil
	}
	strength := []kernel.Role{kernel.RoleAdmin, kernel.RoleMember, kernel.RoleBillingAdmin, kernel.RoleViewer}
	best := len(strength)
	for _, g := range groups {
		if r, ok := s.Groups[g]; ok {
			if n := slices.Index(strength, r); n >= 0 && n < best {
				best = n
			}
		}
	}
	switch {
	case best < len(strength):
		return strength[best], true, nil
	case s.Role == "":
		return "", false, auth.ErrSignOnNotAllowed("you are in no group that may use this Morket")
	default:
		return s.Role, false, nil
	}
}
