// Package clickhousechild runs ClickHouse's engine as a child process, for tests and for machines without Docker: the engine is the
// Python package chdb, and a small script of ours puts ClickHouse's HTTP interface in front of it, enough for clickhouse-go
// without compression. It has no users, no query ids and no replication; a server takes its place when CLICKHOUSE_URL is set.
package clickhousechild
