// Package enrichment is the rules of enriching a table: what a provider is and what it may answer, how a column's waterfall of
// providers is configured, and the life of a run (a job), whose events hold every answer with where it came from.
//
// It owns the streams run-<id>. It does not own cells, credits or secrets: an accepted answer and its debit reach the log
// in one append, made by the flow that runs the job.
package enrichment
