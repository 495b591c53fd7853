// Package searchview turns the log into documents to be searched: one for each row of every table. What a document holds, which
// words it is found by and what a query means is here and knows no store; a Writer keeps documents, a Searcher finds them.
//
// A document keeps the cells of its row by column id, so that a renamed table or column changes no document: names are those of
// the table's structure, which is kept beside. A change that moves values or words (a column's type, a deleted column) rewrites
// the documents of its table, page by page.
//
// Events carry only the cells that changed, so the documents at hand are read, changed and written back whole. An event changes
// a stored document only if it is later than the document's last change: applying events again, in other batches or after a crash
// in the middle of one, comes to the same documents. A store without transactions keeps to that by writing each document with
// its position as an external version.
package searchview
