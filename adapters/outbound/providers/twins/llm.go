package twins

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// LLM is the twin of the APIs of language models: OpenAI's chat completions under /v1/chat/completions and Anthropic's messages under
// /v1/messages. Its model reads the block of data in the prompt and fills the schema from it; it follows no instruction at all.
type LLM struct {
	*Twin
	mu   sync.Mutex
	keys map[string]bool
	// Says, when set, is what the model writes instead; ok false leaves it to the model.
	says func(prompt string, turn int) (text string, ok bool)
	// turns, when set, is what the model of a conversation in turns writes instead.
	turns func(told []string) (text string, ok bool)
}

// NewLLM makes the twin with the keys that it takes; without any it takes every request.
func NewLLM(now func() time.Time, keys ...string) *LLM {
	l := &LLM{keys: map[string]bool{}}
	for _, k := range keys {
		l.keys[k] = true
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", l.models)
	mux.HandleFunc("POST /v1/chat/completions", l.chat)
	mux.HandleFunc("POST /v1/messages", l.messages)
	l.Twin = &Twin{name: "llm", now: now, inner: mux}
	return l
}

// Say makes the model write what fn answers.
func (l *LLM) Say(fn func(prompt string, turn int) (string, bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.says = fn
}

// Turns makes the model write, where it is asked for turns with tools, what fn answers to all that it was told, rules excepted.
func (l *LLM) Turns(fn func(told []string) (string, bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns = fn
}

func (l *LLM) takes(key string) bool { return len(l.keys) == 0 || l.keys[key] }

func (l *LLM) models(w http.ResponseWriter, r *http.Request) {
	if !l.takes(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) && !l.takes(r.Header.Get("X-Api-Key")) {
		answer(w, http.StatusUnauthorized, object{"error": object{
			"message": "Incorrect API key provided.",
			"type":    "invalid_request_error",
			"code":    "invalid_api_key",
		}})
		return
	}
	answer(w, http.StatusOK, object{"object": "list", "data": []object{{"id": "twin-1", "object": "model"}}})
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type chatRequest struct {
	Model          string    `json:"model"`
	System         string    `json:"system"`
	Messages       []message `json:"messages"`
	MaxTokens      int       `json:"max_tokens"`
	ResponseFormat struct {
		JSONSchema struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	OutputConfig struct {
		Format struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"output_config"`
}

func readChat(r *http.Request) (chatRequest, error) {
	var in chatRequest
	err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&in)
	return in, err
}

func (l *LLM) chat(w http.ResponseWriter, r *http.Request) {
	if !l.takes(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
		answer(w, http.StatusUnauthorized, object{"error": object{
			"message": "Incorrect API key provided.",
			"type":    "invalid_request_error",
			"code":    "invalid_api_key",
		}})
		return
	}
	in, err := readChat(r)
	if err != nil || len(in.Messages) == 0 {
		answer(w, http.StatusBadRequest, object{"error": object{
			"message": "We could not parse the JSON body of your request.",
			"type":    "invalid_request_error",
		}})
		return
	}
	if in.Model == "missing" {
		answer(w, http.StatusNotFound, object{"error": object{
			"message": "The model `missing` does not exist",
			"type":    "invalid_request_error",
			"code":    "model_not_found",
		}})
		return
	}
	text := l.write(in, in.ResponseFormat.JSONSchema.Schema)
	answer(w, http.StatusOK, object{
		"id": "chatcmpl-twin", "object": "chat.completion", "model": in.Model,
		"choices": []object{{"index": 0, "message": object{"role": "assistant", "content": text, "refusal": nil}, "finish_reason": "stop"}},
		"usage":   object{"prompt_tokens": length(in), "completion_tokens": len(text) / 4, "total_tokens": length(in) + len(text)/4},
	})
}

func (l *LLM) messages(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, kind, says string) {
		answer(w, status, object{"type": "error", "error": object{"type": kind, "message": says}})
	}
	if !l.takes(r.Header.Get("X-Api-Key")) {
		fail(http.StatusUnauthorized, "authentication_error", "invalid x-api-key")
		return
	}
	if r.Header.Get("Anthropic-Version") == "" {
		fail(http.StatusBadRequest, "invalid_request_error", "anthropic-version: header is required")
		return
	}
	in, err := readChat(r)
	if err != nil || len(in.Messages) == 0 || in.MaxTokens == 0 {
		fail(http.StatusBadRequest, "invalid_request_error", "max_tokens: field required")
		return
	}
	text := l.write(in, in.OutputConfig.Format.Schema)
	answer(w, http.StatusOK, object{
		"id":            "msg_twin",
		"type":          "message",
		"role":          "assistant",
		"model":         in.Model,
		"content":       []object{{"type": "text", "text": text}},
		"stop_reason":   "end_turn",
		"stop_sequence": nil,
		"usage":         object{"input_tokens": length(in), "output_tokens": len(text) / 4},
	})
}

func length(in chatRequest) int {
	n := len(in.System)
	for _, m := range in.Messages {
		n += len(m.Content)
	}
	return n / 4
}

func (l *LLM) write(in chatRequest, schema json.RawMessage) string {
	var told []string
	for _, m := range in.Messages {
		if m.Role == "user" {
			told = append(told, m.Content)
		}
	}
	if len(told) == 0 {
		return "{}"
	}
	l.mu.Lock()
	says, turns := l.says, l.turns
	l.mu.Unlock()
	if form, ok := turnForm(schema); ok {
		if turns != nil {
			if text, ok := turns(told); ok {
				return text
			}
		}
		return takeTurn(told, form)
	}
	if says != nil {
		if text, ok := says(told[0], len(in.Messages)); ok {
			return text
		}
	}
	return fill(told[0], schema)
}

// fill fills the schema from the values in the prompt's block of data.
func fill(prompt string, schema json.RawMessage) string {
	data := map[string]string{}
	readBlock(prompt, &data)
	var shape struct {
		Properties map[string]struct {
			Type any   `json:"type"`
			Enum []any `json:"enum"`
		} `json:"properties"`
	}
	_ = json.Unmarshal(schema, &shape)
	out := object{}
	for name, p := range shape.Properties {
		switch {
		case len(p.Enum) > 0:
			out[name] = p.Enum[share(prompt)%len(p.Enum)]
		case name == "confidence":
			out[name] = 50 + share(prompt)%40
		default:
			out[name] = valueFor(name, p.Type, data)
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "{}"
	}
	return string(text)
}

// readBlock reads the first block of data of a message, if there is one.
func readBlock(message string, into any) {
	from := strings.Index(message, "BEGIN DATA")
	if from < 0 {
		return
	}
	block := message[from:]
	open, end := strings.IndexByte(block, '{'), strings.LastIndex(block, "\nEND DATA")
	if next := strings.Index(block, "\n\n"); next > 0 {
		end = strings.LastIndex(block[:next], "\nEND DATA")
	}
	if open >= 0 && end > open {
		_ = json.Unmarshal([]byte(strings.TrimSpace(block[open:end])), into)
	}
}

func valueFor(name string, kind any, data map[string]string) any {
	pick := func(words ...string) string {
		for key, v := range data {
			for _, w := range words {
				if strings.Contains(strings.ToLower(key), w) {
					return v
				}
			}
		}
		return ""
	}
	list, _ := kind.([]any)
	first := ""
	if len(list) > 0 {
		first, _ = list[0].(string)
	}
	switch {
	case first == "number" || first == "integer":
		return 1 + len(data)
	case first == "boolean":
		return true
	case first == "array":
		return []string{"one", "two"}
	case strings.Contains(name, "email"):
		if at := addressOf(pick("first"), pick("last"), pick("domain", "website")); at != "" && pick("domain", "website") != "" {
			return at
		}
		return nil
	}
	about := pick("name", "company", "domain", "website")
	if about == "" {
		return nil
	}
	return about[:min(len(about), 100)] + " is a company that sells to other companies."
}
