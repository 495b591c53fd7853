// Package scrape is what reading pages of the open web means: what may be asked, what a page is, why one could not be read, and the
// jobs of many pages with their life.
package scrape
