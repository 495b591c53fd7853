// Package mailer sends mail: through an SMTP server when one is configured, else into the log and a folder that the
// development page shows.
package mailer

import (
	"context"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Mailer sends a plain-text mail. Send returns when the mail is handed over, or an error when it is not.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Mail is a mail as the outbox keeps it.
type Mail struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

// header makes a text safe for a header line: a line break in a workspace's name must not become a header of its own.
func header(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// checkAddress refuses what could be more than one address.
func checkAddress(to string) error {
	if to == "" || strings.ContainsAny(to, "\r\n,;<> ") || !strings.Contains(to, "@") {
		return kernel.Invalid("to", "is not an email address")
	}
	return nil
}
