package pgstore

// ReadWorkspaceSQL lets a test look at how it is carried out.
const ReadWorkspaceSQL = readWorkspaceSQL
