// Package childproc runs other programs as true children of this process: in a process group of their own, with an
// environment that holds none of our secrets, in their own folder, with their output in a file, and gone when we are gone.
//
// On Linux the kernel signals the child when its parent dies, even by kill -9. Elsewhere a child can outlive its parent;
// the pid file then lets the next start stop it before it starts another on the same folder.
package childproc
