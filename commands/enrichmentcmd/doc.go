// Package enrichmentcmd carries out what people ask of enrichment: configuring columns, trying a waterfall on one row, starting,
// pausing, resuming, cancelling and retrying runs. The work of a run is commands/enrichmentflow's.
package enrichmentcmd
