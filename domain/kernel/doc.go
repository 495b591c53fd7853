// Package kernel holds the few types that every module speaks: typed ids, the actor, money, time, events and the
// errors that the outside world sees. It is small and changes rarely; a type that only one module needs lives there.
package kernel
