package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// GroupRoles are roles by the groups of an identity provider.
type GroupRoles struct{ byGroup map[string]kernel.Role }

// ByGroup returns the role of each group.
func (g GroupRoles) ByGroup() map[string]kernel.Role { return g.byGroup }

// UnmarshalText reads group=role,group=role. A group's name may hold = itself.
func (g *GroupRoles) UnmarshalText(text []byte) error {
	g.byGroup = map[string]kernel.Role{}
	for entry := range strings.SplitSeq(string(text), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		at := strings.LastIndexByte(entry, '=')
		if at <= 0 {
			return fmt.Errorf("%q is not group=role", entry)
		}
		group, role := strings.TrimSpace(entry[:at]), kernel.Role(strings.TrimSpace(entry[at+1:]))
		if err := signOnRole(role); err != nil {
			return err
		}
		if _, twice := g.byGroup[group]; twice {
			return fmt.Errorf("the group %q is named twice", group)
		}
		g.byGroup[group] = role
	}
	return nil
}

// signOnRole refuses what an identity provider gives nobody: ownership.
func signOnRole(role kernel.Role) error {
	known := []kernel.Role{kernel.RoleAdmin, kernel.RoleMember, kernel.RoleViewer, kernel.RoleBillingAdmin}
	if !slices.Contains(known, role) {
		return fmt.Errorf("%q is none of admin, member, viewer, billing_admin", role)
	}
	return nil
}

// OIDCPort is the port of the provider, which may be another one than those of the web.
func (c Config) OIDCPort() int {
	u, err := url.Parse(c.OIDCIssuer)
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(u.Port())
	return port
}

// validateSignOn checks that single sign-on is configured whole or not at all.
func (c Config) validateSignOn() (errs []error) {
	refuse := func(name, why string) { errs = append(errs, errors.New(name+": "+why)) }
	if c.OIDCIssuer == "" {
		for name, set := range map[string]bool{
			"MORKET_OIDC_CLIENT_ID": c.OIDCClientID != "", "MORKET_OIDC_CLIENT_SECRET": c.OIDCClientSecret.IsSet(), "MORKET_OIDC_ONLY": c.OIDCOnly,
			"MORKET_OIDC_DOMAINS": len(c.OIDCDomains) > 0, "MORKET_OIDC_WORKSPACE": c.OIDCWorkspace != "",
			"MORKET_OIDC_ROLE": c.OIDCRole != "", "MORKET_OIDC_ROLES": len(c.OIDCRoles.byGroup) > 0,
		} {
			if set {
				refuse("MORKET_OIDC_ISSUER", "is needed with "+name)
			}
		}
		return errs
	}
	if err := c.issuer(); err != nil {
		refuse("MORKET_OIDC_ISSUER", err.Error())
	}
	if c.OIDCClientID == "" {
		refuse("MORKET_OIDC_CLIENT_ID", "is needed with MORKET_OIDC_ISSUER")
	}
	if len(c.OIDCDomains) == 0 {
		refuse("MORKET_OIDC_DOMAINS", "is needed with MORKET_OIDC_ISSUER: name your domains, or * for any")
	}
	for _, d := range c.OIDCDomains {
		if d != "*" && (d != strings.ToLower(d) || !strings.Contains(d, ".") || strings.ContainsAny(d, "@ */:")) {
			refuse("MORKET_OIDC_DOMAINS", fmt.Sprintf("%q is not a domain in lower case, like example.com", d))
		}
	}
	given := c.OIDCRole != "" || len(c.OIDCRoles.byGroup) > 0
	switch {
	case c.OIDCWorkspace == "" && given:
		refuse("MORKET_OIDC_WORKSPACE", "is needed with MORKET_OIDC_ROLE and MORKET_OIDC_ROLES: it is where the roles are")
	case c.OIDCWorkspace != "" && !given:
		refuse("MORKET_OIDC_ROLE", "is needed with MORKET_OIDC_WORKSPACE, or MORKET_OIDC_ROLES")
	case c.OIDCWorkspace != "" && kernel.ParseID(kernel.PrefixWorkspace, c.OIDCWorkspace) != nil:
		refuse("MORKET_OIDC_WORKSPACE", "want a workspace's id (ws_…)")
	}
	if c.OIDCRole != "" {
		if err := signOnRole(kernel.Role(c.OIDCRole)); err != nil {
			refuse("MORKET_OIDC_ROLE", err.Error())
		}
	}
	return errs
}

// issuer refuses a provider whose answers anybody on the way could write.
func (c Config) issuer() error {
	u, err := url.Parse(c.OIDCIssuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("is not an address like https://login.example.com")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return errors.New("must start with https://, unless the provider is on this machine")
	}
	return nil
}
