// Package enrichmentflow does the work of runs. A workflow per run calls one activity again and again: a Slice works on pages of
// the run for a minute or so and says whether there is more. The log is the truth about a run (stream run-<id>); the flow only
// makes sure that somebody works on it, so its history holds ids and numbers, never a value or a secret.
//
// # Which rows
//
// See enrichment.Selection. A page is at most 500 rows in the order of their ids; the next page begins after the last id.
//
// # Crashes
//
// Before a page's providers are asked, its cells are recorded as an intent (run.page_started). Outcomes, and the debit of those that
// cost something, are one append each few hundred cells. A worker that takes over a page which was not left in order first appends to
// the run's stream at its exact version, which shuts out a predecessor that still lives; cells of the intent without an
// outcome are asked again where all providers are idempotent, and marked as of unknown outcome elsewhere.
//
// # Stopping
//
// Pause and cancel are events on the run's stream. The slice sees them when an append meets them, at the latest after a second;
// a signal to the flow makes it sooner and wakes a paused flow. Calls under way finish, what they answer is kept and paid.
package enrichmentflow
