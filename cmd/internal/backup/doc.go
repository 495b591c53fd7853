// Package backup writes what of an installation can't be made again into one sealed file, and reads it back. What is made from the
// log, the read models, isn't in it.
//
// The file is a tar, packed by Zstandard, sealed by age under a passphrase (age-encryption.org/v1, recipient scrypt): without the
// passphrase nothing of it can be read, and nothing changed unnoticed. In it, in this order:
//
//	header.json      the format, what the backup was taken of, and the tables with their columns
//	keys.json        the master keys and the signing keys
//	tables/<table>   rows in the text format of Postgres' COPY, all tables as of one moment
//	objects/<key>    the objects of that moment, and maybe later ones
//	manifest.json    what has to have come before it: bytes, rows and SHA-256
//
// Sizes aren't known beforehand, so that memory stays flat: each of these is cut into files named <name>.000001 and so on.
package backup
