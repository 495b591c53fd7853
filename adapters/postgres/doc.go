// Package postgres keeps read models in Postgres, each in a schema of its own beside its checkpoint and parked streams.
//
// The live read model of the projection "credit" is the schema rm_credit; while it is rebuilt, the new one is
// rm_credit__next, and a copy made only to be compared is rm_credit__verify. A projector works in a transaction whose
// search_path is the right one of them, so it writes *unqualified* table names; readers *qualify* them (rm_credit.balances).
//
// A projector's read adapter lives in postgres/<module>read: its DDL as an embedded .sql with unqualified names, the writer made
// of a Tx, and the queries. Rules for the tables:
//
//   - A row holds nothing but what follows from the events: no now(), no serial or random ids, no counters that depend on how
//     events were batched, no log of attempts. Otherwise a rebuilt read model could not equal the live one, and Verify compares
//     them table by table.
//
//   - No types or functions of their own in the schema; text with a check does what an enum would.
//
//   - Writers list columns by name and never SELECT *: a rebuild may have changed the columns of the table under a
//     prepared statement.
//
//   - Each table says whose its rows are: by a column workspace_id, or by Model.Policies. Requests read as AppRole, to which
//     row-level security shows no others.
//
// A projector may create and alter tables by itself, unqualified (the grid does).
package postgres
