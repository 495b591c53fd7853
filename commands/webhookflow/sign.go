package webhookflow

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The headers of Standard Webhooks (standardwebhooks.com, specification 1.0.0).
const (
	HeaderID        = standardwebhooks.HeaderWebhookID
	HeaderTimestamp = standardwebhooks.HeaderWebhookTimestamp
	HeaderSignature = standardwebhooks.HeaderWebhookSignature
)

// Sign returns the value of webhook-signature: for each secret the HMAC-SHA-256 of "id.timestamp.body", separated by spaces. The library
// makes each; several at once, while a secret is rotated, it leaves to its caller, and its error of a bad secret would repeat it.
func Sign(secrets []string, id string, at time.Time, body []byte) (string, error) {
	var out []string
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			return "", errors.New("a signing secret is not of the form whsec_…") // the cause would repeat it
		}
		signer, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return "", errors.New("a signing secret can't be used")
		}
		signature, err := signer.Sign(id, at, body)
		if err != nil {
			return "", fmt.Errorf("sign an event: %w", err)
		}
		out = append(out, signature)
	}
	return strings.Join(out, " "), nil
}
