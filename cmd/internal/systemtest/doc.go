// Package systemtest holds tests of the whole program: each builds on the real binary, run as a child process with a data
// folder and a port of its own, and treats it as a user, an attacker or a failing machine would. They need Linux or macOS
// and what `make test` starts; what is missing is a failure.
package systemtest
