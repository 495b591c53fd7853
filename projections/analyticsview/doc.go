// Package analyticsview counts what enrichments did and what credits were spent on, so that questions over months are answered
// in milliseconds.
//
// Each event becomes a few Facts: what it holds, added up by the things that one asks for (Dims). A fact is identified by the
// event's position and a line number in it, so that writing it twice changes nothing. Facts add up to a cube of counters by
// quarter of an hour and dims; a quarter of an hour, because every time zone in use is a multiple of that away from UTC. Store
// is the port to the cube; Postgres keeps the cube itself and ClickHouse the facts and roll-ups of them, with the same answers.
// Buckets cuts a range into hours, days or weeks of a time zone; report.go makes the answers that the API gives.
package analyticsview
