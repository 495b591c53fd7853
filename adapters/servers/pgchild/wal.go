package pgchild

import (
	"strconv"

	"github.com/morket/morket/adapters/servers/childproc"
)

// The log of changes that Postgres keeps between two checkpoints: as much as saves it checkpoints, and a tenth at most of what the disk
// has left when the server starts.
const (
	mostWAL  = 2048 // MB
	leastWAL = 128  // MB; below 32 the server does not start
	walShare = 10
)

// maxWAL is the setting max_wal_size for a disk with so many bytes left.
func maxWAL(free uint64) string {
	return "max_wal_size=" + strconv.FormatUint(min(max(free/walShare>>20, leastWAL), mostWAL), 10) + "MB"
}

// mostReserved is the setting of how much of the log is kept for an archive that can't be reached; then it is given up, and the archive
// begins anew with a base backup, so that the disk doesn't fill.
func mostReserved(free uint64) string {
	const times = 2
	return "max_slot_wal_keep_size=" + strconv.FormatUint(min(max(free/walShare>>20, leastWAL), times*mostWAL), 10) + "MB"
}

// freeOn returns how many bytes the disk of the folder has left for us; what can't be found out counts as plenty.
func freeOn(folder string) uint64 {
	free, err := childproc.FreeBytes(folder)
	if err != nil {
		return mostWAL << 20 * walShare
	}
	return free
}
