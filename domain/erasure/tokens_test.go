package erasure_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/erasure"
)

// TestWhatIsWrittenLikeAPhoneNumber: within text, and not what is a part of a word.
func TestWhatIsWrittenLikeAPhoneNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"+1 415 555 0123":                      {"+1 415 555 0123"},
		"call (415) 555-0123, or 030/1234567.": {"(415) 555-0123", "030/1234567"},
		"one +14155550123 and +14155550124":    {"+14155550123", "+14155550124"},
		"+1\u00a0415\u00a0555\u00a00123":       {"+1\u00a0415\u00a0555\u00a00123"},
		"tel:+14155550123":                     {"+14155550123"},
		"4155550123x":                          nil,
		"x4155550123":                          nil,
		"4155550123@example.com":               nil,
		"id_4155550123":                        nil,
		"4155550123é":                          nil,
		"123456":                               nil,
		"1234567890123456":                     nil,
		"2026-11-30":                           {"2026-11-30"},
		"":                                     nil,
		"(((":                                  nil,
	} {
		var got []string
		for _, s := range erasure.Phones(text) {
			got = append(got, s.Of(text))
		}
		require.Equal(t, want, got, "%q", text)
	}
}

// TestWhatIsWrittenLikeAnAddress: the marks around it are no part of it.
func TestWhatIsWrittenLikeAnAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"ada@example.com":                            {"ada@example.com"},
		"<ada@example.com>, 'bob@example.com'.":      {"ada@example.com", "bob@example.com"},
		"to=ada@example.com;cc=bob+x@sub.example.de": {"ada@example.com", "bob+x@sub.example.de"},
		"jürgen@bücher.example":                      {"jürgen@bücher.example"},
		"ada@example.com-":                           {"ada@example.com"},
		"ada@localhost":                              nil,
		"@example.com":                               nil,
		"ada@":                                       nil,
		"@@@":                                        nil,
	} {
		var got []string
		for _, s := range erasure.Emails(text) {
			got = append(got, s.Of(text))
		}
		require.Equal(t, want, got, "%q", text)
	}
}
