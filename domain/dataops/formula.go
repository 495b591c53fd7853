package dataops

// EscapeFormula puts an apostrophe before a text that a spreadsheet program would take for a formula, and before one that
// begins with an apostrophe itself where UnescapeFormula would otherwise take that one away. Source: OWASP, "CSV Injection".
func EscapeFormula(s string) string {
	if startsFormula(s) || len(s) > 1 && s[0] == '\'' && (startsFormula(s[1:]) || s[1] == '\'') {
		return "'" + s
	}
	return s
}

// DefuseFormula puts an apostrophe before a text that a spreadsheet program would take for a formula, in files that are not
// imported again, so that it need not be undone.
func DefuseFormula(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

// UnescapeFormula undoes EscapeFormula.
func UnescapeFormula(s string) string {
	if len(s) > 1 && s[0] == '\'' && EscapeFormula(s[1:]) == s {
		return s[1:]
	}
	return s
}

func startsFormula(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return true
	}
	return false
}
