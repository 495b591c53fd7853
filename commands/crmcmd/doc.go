// Package crmcmd holds the commands of connections to CRMs and of syncs, and the runner that carries a sync out. A run is written by one
// runner at a time: each of its appends expects the run's stream at the version that the runner knows. What is about to be written, with
// the records as they were before, is in the log before the CRM is asked; after a crash the records are read again before anything is
// written, so that none is made twice.
package crmcmd
