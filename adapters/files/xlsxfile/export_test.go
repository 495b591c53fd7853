package xlsxfile

// SetMaxRows makes sheets shorter.
func SetMaxRows(w *Writer, n int) { w.maxRows = n }
