// Package dedupcmd holds the commands of looking for duplicates, merging rows and taking them apart again, and the runner that carries the
// jobs out. A job is written by one runner at a time: each of its appends expects the job's stream at the version that the runner knows,
// and the rows' events are in the same append, so that nothing is merged twice or without being told.
package dedupcmd
