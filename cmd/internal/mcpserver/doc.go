// Package mcpserver gives models the tables of a workspace as tools of the Model Context Protocol. It is behind `morket mcp`.
//
// It is a client of a running server: an API key says what its tools can do, and the server decides, so a tool has no right of its own.
// Values of cells come from people, files, providers and web pages: the descriptions of the tools say that they are data. Nothing is paid
// for before its cost was answered to the model.
package mcpserver
