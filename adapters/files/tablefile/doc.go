// Package tablefile writes the rows of a table as a file of any format that can be exported, in flat memory, as the rows come. It is
// where the formats of adapters/files meet: each of them knows its own format and nothing of tables.
package tablefile
