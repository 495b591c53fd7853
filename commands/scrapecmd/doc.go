// Package scrapecmd reads pages of the open web: one at a time, politely, by plain HTTP first and in a browser only when a page is made by
// its scripts.
package scrapecmd
