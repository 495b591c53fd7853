package expression_test

import (
	"syscall"
	"time"
)

// cpuTime is what the calling thread has used, which other programs on the machine don't change.
func cpuTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
