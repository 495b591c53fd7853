// Package logmsg is the form in which the log travels over the bus: each message on the topic "morket.log" is a contiguous
// range of positions with the events in it. A consumer whose last position is p has missed something exactly when a
// message's first position is greater than p+1, and then reads the hole from the log.
//
// The payload is: the four bytes "MKL1", the first position and the number of events as unsigned varints, the events, and
// the CRC-32C of all that, big endian. An event is its stream, version (varint), workspace, type, time (signed varint,
// nanoseconds since 1970), metadata and data; strings and JSON are preceded by their length as varints. Positions follow
// from the first one.
package logmsg
