package enrichment_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/enrichment"
)

// TestBounded: what is kept of any story is within the bound, its texts are whole, and it says what was left out.
func TestBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s enrichment.Story
		text := rapid.StringMatching(`a{0,60}`)
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			s = append(s, enrichment.StoryStep{Said: text.Draw(t, "said"), Subject: text.Draw(t, "subject"), Result: text.Draw(t, "result"), Error: text.Draw(t, "error")})
		}
		most := rapid.IntRange(0, 300).Draw(t, "most")
		kept := s.Bounded(most)
		require.Len(t, kept, len(s))
		size, all := 0, true
		for i, k := range kept {
			for _, pair := range [][2]string{{k.Said, s[i].Said}, {k.Subject, s[i].Subject}, {k.Result, s[i].Result}, {k.Error, s[i].Error}} {
				require.True(t, pair[0] == pair[1] || pair[0] == "" && k.Cut)
				size += len(pair[0])
				all = all && pair[0] == pair[1]
			}
		}
		require.LessOrEqual(t, size, most)
		require.Equal(t, all, kept.Whole())
		require.True(t, s.Whole(), "the story itself is not changed")
	})
}

// TestTakeStories: they leave the clear, and stay in the attempts that they were taken from.
func TestTakeStories(t *testing.T) {
	t.Parallel()
	story := enrichment.Story{{Said: "hush"}}
	attempts := []enrichment.Attempt{{Provider: "a"}, {Provider: "b", Story: story, Steps: 1, Error: "no"}}
	p := enrichment.Provenance{Attempts: attempts}
	require.Equal(t, map[int]enrichment.Story{1: story}, p.TakeStories())
	logged, err := json.Marshal(p)
	require.NoError(t, err)
	require.NotContains(t, string(logged), "hush")
	require.Equal(t, 1, p.Attempts[1].Steps, "how long the story is stays")
	require.Equal(t, story, attempts[1].Story)
	require.Nil(t, p.TakeStories())
}
