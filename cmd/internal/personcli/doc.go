// Package personcli is what the commands on people do at a server: show everything that is held about somebody, save it, and erase it.
package personcli
