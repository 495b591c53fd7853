// Package relay carries the log to the bus. One process at a time leads: it reads the log by position, publishes it as
// contiguous batches on morket.log (package logmsg) and, for integrators, each event as a CloudEvent on morket.events, and
// moves its checkpoint over what the bus has confirmed without a hole. What was published and not yet noted when a leader
// died is published again, so consumers see duplicates and never a loss. Appends don't depend on the relay or the bus.
package relay
