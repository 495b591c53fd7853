package erasure_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
)

func hash(data []byte) []byte {
	m := hmac.New(sha256.New, []byte("a key"))
	_, _ = m.Write(data)
	return m.Sum(nil)
}

func keys(t *testing.T) []erasure.Key {
	t.Helper()
	of := erasure.Hash(hash)
	list := []erasure.Key{of.Keyed(erasure.Email, "Ada.Lovelace@Example.com"), of.Keyed(erasure.Phone, "+44 20 7946 0958")}
	for _, k := range list {
		require.NotEmpty(t, k)
		require.NotContains(t, string(k), "ada")
	}
	return list
}

func TestWhatTellsOfAPersonIsRedacted(t *testing.T) {
	t.Parallel()
	m := erasure.NewMatcher(hash, keys(t))
	for text, want := range map[string]string{
		"ada.lovelace@example.com":                          "[erased]",
		"met ADA.LOVELACE@EXAMPLE.COM, twice":               "met [erased], twice",
		"<mailto:ada.lovelace@example.com>":                 "<mailto:[erased]>",
		"to=ada.lovelace@example.com&x=1":                   "to=[erased]&x=1",
		"ada.lovelace@example.com.":                         "[erased].",
		"020 7946 0958":                                     "[erased]",
		"call 0044 (20) 7946-0958 or grace@example.com":     "call [erased] or grace@example.com",
		"+44 20 7946 0958 ext. 3; ada.lovelace@example.com": "[erased] ext. 3; [erased]",
		"not.ada.lovelace@example.com":                      "not.ada.lovelace@example.com",
		"ada.lovelace@example.com.au":                       "ada.lovelace@example.com.au",
		"020 7946 0959":                                     "020 7946 0959",
		"id7946095820 7946 0958x":                           "id7946095820 7946 0958x",
		"2026-05-03T10:11:12Z":                              "2026-05-03T10:11:12Z",
		"@":                                                 "@",
		"a@b":                                               "a@b",
		"":                                                  "",
	} {
		now, changed := m.Redact(text)
		require.Equal(t, want, now, "%q", text)
		require.Equal(t, want != text, changed, "%q", text)
		require.Equal(t, want != text, m.Mentions(text), "%q", text)
		require.Equal(t, want == erasure.Erased, m.Is(text), "%q", text)
	}
	require.True(t, m.MentionsEscaped(`{"note":"first\nada.lovelace@example.com"}`))
	require.False(t, erasure.NewMatcher(hash, nil).Mentions("ada.lovelace@example.com"))
}

func TestWhatIsNoAddressHasNoKey(t *testing.T) {
	t.Parallel()
	of := erasure.Hash(hash)
	for _, bad := range []string{"", "ada", "ada@", "@example.com", "ada@example", "two@example.com and three@example.com", "<ada@example.com>"} {
		require.Empty(t, of.Keyed(erasure.Email, bad), bad)
	}
	for _, bad := range []string{"", "12345", "abc", "+", "1234567890123456"} {
		require.Empty(t, of.Keyed(erasure.Phone, bad), bad)
	}
	require.Equal(t, of.Keyed(erasure.Name, "Ada  LOVELACE"), of.Keyed(erasure.Name, " ada lovelace"))
	require.NotEqual(t, of.Keyed(erasure.Name, "acme"), of.Keyed(erasure.Company, "acme"))
}

func begun(t *testing.T) (*erasure.Erasures, time.Time) {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	x := erasure.NewErasures()
	require.NoError(t, x.Request(erasure.Requested{ErasureID: "era_1", Workspace: "ws_1", Keys: keys(t), By: "usr_1", At: now}))
	return x, now
}

func TestAnErasureIsLookedConfirmedAndFinished(t *testing.T) {
	t.Parallel()
	x, now := begun(t)
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Request(erasure.Requested{ErasureID: "era_2"})), "one is under way")
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Confirm("era_1", "usr_1", now)), "nothing was found yet")
	require.Empty(t, x.Suppressed())
	derived := erasure.Hash(hash).Keyed(erasure.Text, "analytical engine")
	require.NoError(t, x.Look(erasure.Looked{ErasureID: "era_1", Derived: []erasure.Key{derived}, At: now}))
	require.NoError(t, x.Confirm("era_1", "usr_2", now))
	require.NoError(t, x.Confirm("era_1", "usr_2", now), "twice is once")
	require.Len(t, x.Suppressed(), 2, "texts are not kept out")
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Cancel("era_1", now)), "what is being erased can't be left as it is")
	place := erasure.PlaceErased{ErasureID: "era_1", Place: "event log", Erased: 3, At: now}
	require.NoError(t, x.Erased(place))
	require.NoError(t, x.Erased(place))
	require.NoError(t, x.Finish(erasure.Finished{ErasureID: "era_1", Certificate: []byte(`{}`), At: now}))
	e, ok := x.Find("era_1")
	require.True(t, ok)
	require.Equal(t, erasure.Done, e.State)
	require.Equal(t, []erasure.Found{{Place: "event log", Count: 3}}, e.Places, "a place is done once")
	require.NoError(t, x.Request(erasure.Requested{ErasureID: "era_2", Workspace: "ws_1", At: now}))
}

func TestAnErasureThatNobodyConfirmsKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	x, now := begun(t)
	require.NoError(t, x.Look(erasure.Looked{ErasureID: "era_1", At: now}))
	require.NoError(t, x.Cancel("era_1", now))
	require.NoError(t, x.Cancel("era_1", now))
	require.Empty(t, x.Suppressed())
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Confirm("era_1", "usr_1", now)))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(x.Cancel("era_9", now)))
	for n := range erasure.MaxListed + 5 {
		id := kernel.ErasureID(rune('a' + n))
		require.NoError(t, x.Request(erasure.Requested{ErasureID: id, At: now}))
		require.NoError(t, x.Fail(erasure.Failed{ErasureID: id, Reason: "too much", At: now}))
	}
	require.Len(t, x.List(), erasure.MaxListed)
}
