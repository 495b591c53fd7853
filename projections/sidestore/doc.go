// Package sidestore keeps read models in a store beside Postgres that has no transactions with it, such as ClickHouse or
// OpenSearch. Its Store is a projections.Store, so the Runner, Rebuild, Verify, parking and a change of version work on it as
// they do on Postgres. It is put together from two parts:
//
//   - Base: another projections.Store (postgres.Store) that keeps the checkpoint, the parked streams and, instead of tables, a
//     Mark: which copy in the engine holds the location's read model. Give the projection the model postgres.External(name), and pass
//     postgres.NewMarks(pool) as Marks.
//   - Engine: what the adapter of ClickHouse or OpenSearch implements. It knows copies, not locations.
//
// # Copies
//
// Each time a read model is made it gets a random generation, and the engine keeps it under a name of its own
// (Copy.String: "search_opensearch_k3v…", good for a table or an index). Which copy is live is said by the mark in Postgres
// alone, so a swap is one transaction there and never half done, and a writer that lags behind writes into a copy that nobody
// reads or that is gone. Engine.Serve lets an engine point an alias at the live copy as well, for people; Read does not need it.
//
// # A step
//
// Advance takes the row lock of the checkpoint (so of several processes one writes at a time), begins a Batch, hands it to the
// projector as its projections.Tx, flushes it, and then commits checkpoint and mark. When the commit is lost the same events
// come again, maybe cut into other batches, maybe from another process while the first still writes. So what a projector writes
// must be *idempotent by position*: a row's identity and content follow from the events, never from the batch. The engine
// stores, after the rows, which position it has reached.
//
// A step that fails in the middle, or whose answer comes too late, leaves rows that the checkpoint doesn't know of until it is made
// again. Checksums waits for that: rows of later positions than the checkpoint's are no difference.
//
// # A store that was emptied
//
// A copy that is missing, or that has not reached the mark's position (an old backup, a disk that lost its last writes), is lost. The
// Store looks before each step, since one on an older copy would hide what it lacks, at every step that fails and, when nothing is
// written, every Config.CheckEvery as the Runner polls Checkpoint. It then makes an empty copy of a new generation and moves the
// checkpoint to 0, which has the Runner fill it. Until it has come to where the log was at that moment, Read refuses with a 503 that says
// how far it is.
//
// # Reading
//
// Queries go through Store.Read, which hands them the live copy and repeats them once if it was swapped meanwhile. Errors that
// mean that the engine can't answer must be of kernel.KindUnavailable and name it.
//
// # Names
//
// A projection that can be kept in Postgres or in an engine has one name for each ("analytics", "analytics_clickhouse"), so
// that switching loses nothing on either side. Names of copies belong to one installation of Morket: give each a database or
// a prefix of its own, since a copy that no mark knows is removed.
//
// # To implement an Engine
//
// Pass sidestoretest.Run with it alone, and projectionstest.Run with a Store made of it and postgres. sidestoretest.Memory is
// the twin in memory.
package sidestore
