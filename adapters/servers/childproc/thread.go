package childproc

import "runtime"

// onOwnThread runs f on a thread that nothing else uses and that ends with f. Every command with a parent-death signal is
// started and waited for in one f: the kernel sends that signal when the starting thread ends (prctl(2), PR_SET_PDEATHSIG),
// and Go ends the thread of a locked goroutine with it, also under another command that was started on it before.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread()
		f()
	}()
}
