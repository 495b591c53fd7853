// Package projections turns the log into read models. A Projector says how events change its tables; the Runner gives it
// the log in order, exactly once in effect, from the log while it is behind and from the bus when it is live.
//
// Rows and checkpoint are committed together, by compare-and-set on the checkpoint: of two runners on one projection only one wins each
// step, and the other reads again where the projection is. An event that can't be applied parks its stream in that projection; the rest
// goes on. So does one that ends the process (care.go). Rebuild fills a new copy beside the one that serves and swaps them; Verify fills
// one to be compared. A read model must therefore hold nothing that can't be equal in a copy rebuilt from the same events: no times of
// processing, no generated ids, no counters that depend on how events were batched.
//
// A Reactor is the same for effects outside: it calls a function for each event of some types, at least once and in order.
package projections
