// Package eventstore is the log's port: streams of events in one total order, appended atomically, read by position.
//
// Positions are dense: 1, 2, 3, … in commit order, with no gap. So a reader's whole state is the last position it saw,
// and a hole in what it received shows by subtraction. Package pgstore keeps the log in Postgres, memstore in memory;
// both pass the suite in eventstoretest.
package eventstore
