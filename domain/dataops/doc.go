// Package dataops is about bringing files into tables: the import, from the upload over the decision what goes where to the
// last row, and its undoing.
package dataops
