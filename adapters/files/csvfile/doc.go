// Package csvfile reads and writes files of records: CSV after RFC 4180 and what people call so, JSON Lines, and JSON documents. It finds
// out what a file is, reads it as a stream in flat memory, tells exact line numbers, and can start again at any record.
//
// A record that is broken is reported and the next one is read; no single byte can make the rest of a file unreadable.
package csvfile
