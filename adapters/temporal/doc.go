// Package temporal connects to Temporal: it runs the flows' worker and starts and signals flows.
package temporal
