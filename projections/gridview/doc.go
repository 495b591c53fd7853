// Package gridview turns the log into the grid: what every table's rows and cells are now. The fold from events to
// operations on tables is here and knows no database; a Writer carries the operations out.
package gridview
