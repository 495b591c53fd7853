// Package gridread keeps the grid in Postgres and reads it.
//
// Each user table is a physical table t_<id> with a typed column c_<id> for each column, and a sibling x_<id> of the same
// shape for the rows in its trash, so that pages never step over deleted rows. Beside its cells a row has:
//
//	id                uuid, the row id's 16 bytes: rows are in the order in which they were made
//	_pos, _pos0       the log positions of its last change and of its insertion
//	_by, _cby         who changed and who made it
//	_updated,_created when
//	_s                by short column id: {"p": position of the cell's last change, "s": state, "e": message, "r": run, "u": until}
//
//	_k                by short column id: the folded form of a text that is not of ASCII letters only (see folded.go)
//
// A cell without an entry in _s was last changed at _pos0; so rows that an import brought need no _s at all. Columns that are
// in the trash keep their physical column. What a column held before a change of its type
// is kept in o_<id>_<version>, so that the change can be taken back.
//
// A datetime is stored as text: the moment in UTC with microseconds, 27 characters wide, then its zone. So it sorts by the
// moment and yet keeps its zone.
package gridread
