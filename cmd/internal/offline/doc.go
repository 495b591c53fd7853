// Package offline asks providers for the records of a file and writes them to another, without a server, a log or settings. It is
// behind `morket run`.
//
// The file is read as a stream: a bounded window of records is under way at once, and they leave in the order in which they came.
package offline
