package llm

import (
	"context"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// openAI is the dialect of chat completions.
type openAI struct{}

func (openAI) request(ctx context.Context, e Endpoint, key string, turns []turn, q question) (*http.Request, error) {
	body := map[string]any{"model": e.Model, "messages": append([]turn{{"system", q.system}}, turns...)}
	bound := "max_tokens"
	if strings.HasPrefix(e.BaseURL, "https://api.openai.com/") { // OpenAI's newer models refuse the name that all others know
		bound = "max_completion_tokens"
	}
	body[bound] = e.MaxTokens
	if e.Temperature != nil {
		body["temperature"] = *e.Temperature
	}
	if !e.Unstructured {
		body["response_format"] = map[string]any{
			"type":        "json_schema",
			"json_schema": map[string]any{"name": "answer", "strict": true, "schema": q.schema},
		}
	}
	return post(ctx, e.BaseURL+"/chat/completions", OpenAI, key, body)
}

func (openAI) read(got map[string]any) (string, usage, error) {
	u := usage{in: count(got, "prompt_tokens"), out: count(got, "completion_tokens")}
	choices, _ := got["choices"].([]any)
	if len(choices) == 0 {
		return "", u, enrichment.Fail(enrichment.CallBadReply, "the endpoint's answer has no choices")
	}
	text, _ := wire.Dig(choices[0], "message", "content").(string)
	switch wire.Text(choices[0], "finish_reason") { // null at some endpoints
	case "length":
		return "", u, errCut()
	case "content_filter":
		return "", u, ErrRefused
	}
	if wire.Text(choices[0], "message", "refusal") != "" {
		return "", u, ErrRefused
	}
	return text, u, nil
}

func count(got map[string]any, name string) int64 {
	n, ok := wire.Number(got, "usage", name)
	if !ok {
		return 0
	}
	v, err := n.Int64()
	if err != nil || v < 0 || v > 100_000_000 {
		return 0
	}
	return v
}

func (openAI) trouble(c *wire.Client, model string, a wire.Answer) *enrichment.CallError {
	if a.Status == http.StatusOK {
		return nil
	}
	code, says := "", ""
	if o, err := a.Object(); err == nil {
		code = wire.Text(o, "error", "code") + " " + wire.Text(o, "error", "type")
		says = strings.ToLower(wire.Text(o, "error", "message"))
	}
	switch {
	case strings.Contains(code, "insufficient_quota"), a.Status == http.StatusPaymentRequired:
		return enrichment.Fail(enrichment.CallExhausted, "the model's vendor says that the account's credit is used up")
	case strings.Contains(code, "context_length_exceeded"):
		return enrichment.Fail(enrichment.CallBadInput, "the prompt with the row's values is longer than the model takes")
	case a.Status == http.StatusNotFound:
		return enrichment.Fail(enrichment.CallBadInput, "the endpoint has no model "+model+", or is not at this address")
	case a.Status == http.StatusBadRequest && strings.Contains(says, "response_format"):
		return enrichment.Fail(enrichment.CallBadInput, "the endpoint takes no schema; set unstructured")
	case a.Status > 200 && a.Status < 300:
		return enrichment.Fail(enrichment.CallBadReply, "the endpoint answers without an answer")
	default:
		return c.Trouble("the model's endpoint", a)
	}
}
