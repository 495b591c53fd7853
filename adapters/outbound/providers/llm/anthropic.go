package llm

import (
	"context"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// anthropic is the dialect of Anthropic's messages.
type anthropic struct{}

func (anthropic) request(ctx context.Context, e Endpoint, key string, turns []turn, q question) (*http.Request, error) {
	body := map[string]any{"model": e.Model, "system": q.system, "messages": turns, "max_tokens": e.MaxTokens}
	if e.Temperature != nil {
		body["temperature"] = min(1, *e.Temperature)
	}
	if !e.Unstructured {
		body["output_config"] = map[string]any{"format": map[string]any{"type": "json_schema", "schema": q.schema}}
	}
	return post(ctx, e.BaseURL+"/messages", Anthropic, key, body)
}

func (anthropic) read(got map[string]any) (string, usage, error) {
	u := usage{in: count(got, "input_tokens"), out: count(got, "output_tokens")}
	var text strings.Builder
	blocks, _ := got["content"].([]any)
	for _, b := range blocks[:min(len(blocks), 100)] {
		if wire.Text(b, "type") == "text" {
			part, _ := wire.Dig(b, "text").(string)
			text.WriteString(part)
		}
	}
	switch wire.Text(got, "stop_reason") {
	case "end_turn", "stop_sequence", "":
		return text.String(), u, nil
	case "max_tokens":
		return "", u, errCut()
	case "refusal":
		return "", u, ErrRefused
	case "model_context_window_exceeded":
		return "", u, enrichment.Fail(enrichment.CallBadInput, "the prompt with the row's values is longer than the model takes")
	default:
		return "", u, enrichment.Fail(enrichment.CallBadReply, "the model stopped without an answer")
	}
}

// overloaded is Anthropic's own status for too much load.
const overloaded = 529

func (anthropic) trouble(c *wire.Client, model string, a wire.Answer) *enrichment.CallError {
	if a.Status == http.StatusOK {
		return nil
	}
	says := ""
	if o, err := a.Object(); err == nil {
		says = strings.ToLower(wire.Text(o, "error", "message"))
	}
	switch {
	case strings.Contains(says, "credit balance"):
		return enrichment.Fail(enrichment.CallExhausted, "the model's vendor says that the account's credit is used up")
	case strings.Contains(says, "grammar is too large"):
		return enrichment.Fail(enrichment.CallBadInput, "the schema is too large for the endpoint; name fewer outputs, or set unstructured")
	case a.Status == overloaded:
		return &enrichment.CallError{
			Kind:       enrichment.CallRateLimited,
			Message:    "the model's endpoint is overloaded",
			RetryAfter: c.Wait(a.Header),
		}
	case a.Status == http.StatusNotFound:
		return enrichment.Fail(enrichment.CallBadInput, "the endpoint has no model "+model+", or is not at this address")
	case a.Status > 200 && a.Status < 300:
		return enrichment.Fail(enrichment.CallBadReply, "the endpoint answers without an answer")
	default:
		return c.Trouble("the model's endpoint", a)
	}
}
