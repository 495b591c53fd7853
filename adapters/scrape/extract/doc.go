// Package extract finds on a page what is looked for. An extractor is a package below this one and a line where they are registered. It is
// a function of the page alone: it asks nothing, so a page that is kept can be looked at again by a newer one.
package extract
