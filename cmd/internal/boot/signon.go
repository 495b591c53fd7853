package boot

import (
	"strings"

	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/signon"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/kernel"
)

// newSignOn makes single sign-on by the configured identity provider, nil if there is none.
func newSignOn(c *core, secrets authcmd.SignOns, joins authcmd.Joins) (*authcmd.SignOn, error) {
	cfg := c.cfg
	if cfg.OIDCIssuer == "" {
		return nil, nil //nolint:nilnil // the setting is optional
	}
	ports := []int{80, 443}
	if p := cfg.OIDCPort(); p != 0 {
		ports = append(ports, p)
	}
	public := strings.TrimRight(cfg.PublicURL, "/")
	provider, err := signon.New(signon.Config{
		Issuer:       cfg.OIDCIssuer,
		ClientID:     cfg.OIDCClientID,
		ClientSecret: cfg.OIDCClientSecret.Reveal(),
		Redirect:     public + "/sign-on",
		AfterLogout:  public + "/login",
		GroupsClaim:  cfg.OIDCGroupsClaim,
		HTTP: safedial.NewClient(safedial.Config{
			Ports: ports, Allow: cfg.DialAllow, Resolver: safedial.NewResolver(cfg.DNSServer), Redirects: -1, Timeout: signon.Timeout,
		}),
		Clock: c.clock,
	})
	if err != nil {
		return nil, err
	}
	return &authcmd.SignOn{
		Provider:  provider,
		Name:      cfg.OIDCName,
		Domains:   cfg.OIDCDomains,
		Only:      cfg.OIDCOnly,
		Workspace: kernel.WorkspaceID(cfg.OIDCWorkspace),
		Role:      kernel.Role(cfg.OIDCRole),
		Groups:    cfg.OIDCRoles.ByGroup(),
		Joins:     joins,
		SignOns:   secrets,
	}, nil
}
