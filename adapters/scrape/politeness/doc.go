// Package politeness decides when a site may be asked again. What it decides is of the site's domain, for all workspaces together: to the
// site, all of an installation is one visitor. Only the breaker, which spares a caller a site that fails, is of a workspace and a domain,
// so that nobody's failures are another's.
package politeness
