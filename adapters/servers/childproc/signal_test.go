//go:build unix

package childproc_test

import (
	"os"
	"os/signal"
	"syscall"
)

func ignoreTermination() { signal.Ignore(syscall.SIGTERM) }

// idle waits until the process is killed. Waiting for a signal is no deadlock to the runtime, which ends a process in which nothing can go on.
func idle() {
	never := make(chan os.Signal, 1)
	signal.Notify(never, syscall.SIGUSR1)
	<-never
}
