// Package xlsxfile reads and writes workbooks of Office Open XML (ECMA-376, SpreadsheetML) as streams, in flat memory.
//
// It writes each cell as what it is: numbers that a double holds exactly, days, times and booleans as such, everything else as text that
// no program runs as a formula. It reads cells as they are shown where that is exact, and bounds everything before it is understood.
package xlsxfile

// Limits of the format (ECMA-376 leaves them to programs; these are Excel's).
const (
	MaxRows     = 1_048_576 // of a sheet, with its header
	MaxColumns  = 16_384    // of a sheet
	MaxCellText = 32_767    // UTF-16 code units of a cell's text
)
