// Package redischild runs a Redis server as a child process, for tests and for machines without Docker. It keeps nothing on
// disk: what is in it is a cache. It listens on 127.0.0.1 only and is gone when we are.
package redischild
