// Package telemetry shows what the program does: metrics for Prometheus, traces for OpenTelemetry, and a log without secrets.
//
// A request's trace travels with its events (kernel.Meta.Trace), so it goes on in the relay, in each projection and reactor, and
// through Temporal's headers in the flow that a reactor starts. Without an endpoint nothing of it is made.
package telemetry
