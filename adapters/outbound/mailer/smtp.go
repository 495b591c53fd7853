package mailer

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// smtpTimeout bounds one conversation with the server.
const smtpTimeout = 20 * time.Second

// SMTP sends mails through a server.
type SMTP struct {
	host    string
	from    string
	options []gomail.Option
}

var _ Mailer = (*SMTP)(nil)

// NewSMTP reads the server from a URL: smtps:// speaks TLS from the start (port 465), smtp:// demands STARTTLS (port 587) unless
// the query has starttls=off, which is for a server on the same machine. A user and password in it sign in.
func NewSMTP(rawURL, from string) (*SMTP, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("the SMTP URL must look like smtp://user:password@host:port") // without the URL, which may hold a password
	}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("the sender's address %q: %w", from, err)
	}
	port := 587
	if u.Scheme == "smtps" {
		port = 465
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("the port %q of the SMTP URL: %w", p, err)
		}
	}
	s := &SMTP{host: u.Hostname(), from: from, options: []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(smtpTimeout)}}
	switch {
	case u.Scheme == "smtps":
		s.options = append(s.options, gomail.WithSSL())
	case u.Query().Get("starttls") == "off":
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if password, ok := u.User.Password(); ok {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()),
			gomail.WithPassword(password))
	}
	return s, nil
}

// Send implements Mailer.
func (s *SMTP) Send(ctx context.Context, to, subject, text string) error {
	if err := checkAddress(to); err != nil {
		return err
	}
	m := gomail.NewMsg()
	if err := m.From(s.from); err != nil {
		return fmt.Errorf("mail from: %w", err)
	}
	if err := m.To(to); err != nil {
		return fmt.Errorf("mail to: %w", err)
	}
	m.Subject(header(subject))
	m.SetBodyString(gomail.TypeTextPlain, text)
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("set up SMTP: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, m); err != nil {
		return fmt.Errorf("send by SMTP: %w", err)
	}
	return nil
}
