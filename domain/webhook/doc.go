// Package webhook is the addresses that a workspace's events are sent to: which events, under which secrets, whether in order, and
// whether an address is on. What becomes of each single delivery is no event; the queue keeps it.
package webhook
