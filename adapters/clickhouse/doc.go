// Package clickhouse keeps read models in ClickHouse, over its HTTP interface. Engine is a sidestore.Engine for a Model; analytics.go
// is the model of the analytics cube and its queries.
//
// A copy of a read model is a few tables in the configured database, named after it: analytics_clickhouse_<generation>__facts. The table
// __state of a copy holds how far it has come; it is made last and dropped first, so a copy without it is none. ClickHouse has neither
// transactions nor unique keys: tables are ReplacingMergeTree, ordered by what identifies a row, and are read with FINAL, so a row that
// was written twice counts once. The SQL keeps to what both a server and chdb (adapters/servers/clickhousechild) take: no ON CLUSTER, no
// query ids, no sessions.
package clickhouse
