package enrichment

// MaxStory is how many bytes of a story's texts are kept: what is kept of a cell must fit into an event with room to spare.
const MaxStory = 32 << 10

// Story is how an answer was worked out in several steps. It can be read, and gone through again without a call.
type Story []StoryStep

// StoryStep is what was asked for, and what came of it.
type StoryStep struct {
	// Said is what the model wrote, as it wrote it.
	Said string `json:"said"`
	// Tool is search, read, cell or answer; empty where what the model wrote was none of them.
	Tool string `json:"tool,omitempty"`
	// Subject is what was searched for, the page's address, or the cell's name.
	Subject string `json:"subject,omitempty"`
	// Result is what the model was told.
	Result string `json:"result,omitempty"`
	// Error says why there was nothing to tell.
	Error string `json:"error,omitempty"`
	// Cut says that a text of the step was too long to be kept, or may not be kept.
	Cut    bool  `json:"cut,omitempty"`
	TookMS int64 `json:"took_ms"`
	Bill
}

// Bounded returns the story with at most most bytes of texts. What comes later is left out first, texts whole: the head of a text would
// pass for all of it.
func (s Story) Bounded(most int) Story {
	out := make(Story, len(s))
	copy(out, s)
	for i := range out {
		for _, text := range []*string{&out[i].Subject, &out[i].Error, &out[i].Said, &out[i].Result} {
			if len(*text) > most {
				*text, out[i].Cut = "", true
				continue
			}
			most -= len(*text)
		}
	}
	return out
}

// Whole reports whether nothing of the story was left out.
func (s Story) Whole() bool {
	for _, step := range s {
		if step.Cut {
			return false
		}
	}
	return true
}

// Redacted returns the story with each of its texts as blank makes it.
func (s Story) Redacted(blank func(string) string) Story {
	out := make(Story, len(s))
	for i, step := range s {
		step.Said, step.Subject, step.Result, step.Error = blank(step.Said), blank(step.Subject), blank(step.Result), blank(step.Error)
		out[i] = step
	}
	return out
}
