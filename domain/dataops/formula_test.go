package dataops_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/dataops"
)

func TestEscapeFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "@sum": "'@sum", "-2+3+cmd": "'-2+3+cmd", "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0", "-- remark": "'-- remark", "+": "'+", "-": "'-",
		"\tTab": "'\tTab", "\rCR": "'\rCR", "\nLF": "'\nLF", "＝1+1": "'＝1+1", "＋1": "'＋1", "－x": "'－x", "＠x": "'＠x", "-1-2": "'-1-2", "+1+2": "'+1+2", "-e5": "'-e5",
		"+49 (0)30 123456": "+49 (0)30 123456", "+442079460018": "+442079460018", "+1-201-555-0123": "+1-201-555-0123", "+41 44 668 18 00": "+41 44 668 18 00", "+1 201-555-0123 ext. 136": "+1 201-555-0123 ext. 136", "+12015550123;ext=136": "+12015550123;ext=136", "+7 495 123-45-67 доб. 5": "+7 495 123-45-67 доб. 5",
		"+12015550123 ext. 5+cmd": "'+12015550123 ext. 5+cmd", "+12015550123 HYPERLINK(1)": "'+12015550123 HYPERLINK(1)", "+1 x5": "'+1 x5",
		"-5.00": "-5.00", "-1,234.56": "-1,234.56", "+2e-3": "+2e-3", "-12 %": "-12 %", "-.5": "-.5", "-1.234,56": "-1.234,56",
		"'=quoted": "''=quoted", "''x": "'''x", "'x": "'x", "'": "'", "": "", "a=b": "a=b", "ﬁn": "ﬁn", " =x": " =x",
	} {
		require.Equal(t, want, dataops.EscapeFormula(text))
		require.Equal(t, text, dataops.UnescapeFormula(want))
	}
}

func TestEscapingIsUndoneForAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("'=+-@\t\r\n＝＋－＠0123 ().e%x")))).Draw(t, "text")
		if back := dataops.UnescapeFormula(dataops.EscapeFormula(s)); back != s {
			t.Fatalf("%q comes back as %q", s, back)
		}
	})
}
