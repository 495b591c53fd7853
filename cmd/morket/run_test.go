package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers over UDP from a zone of mail servers and addresses; what is in neither does not exist. It returns its address.
func nameServer(t *testing.T, mx map[string]string, a map[string][4]byte) string {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			name := strings.TrimSuffix(q.Name.String(), ".")
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			host, isMX := mx[name]
			ip, isA := a[name]
			header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 300}
			switch {
			case isMX && q.Type == dnsmessage.TypeMX:
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(host)}}}
			case isA && q.Type == dnsmessage.TypeA:
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: ip}}}
			case !isMX && !isA:
				m.RCode = dnsmessage.RCodeNameError
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// morket runs the program and returns what it wrote.
func morket(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := root()
	c.SetArgs(args)
	c.SetOut(&stdout)
	c.SetErr(&stderr)
	err = c.ExecuteContext(t.Context())
	return strings.ReplaceAll(stdout.String(), "\r\n", "\n"), stderr.String(), err
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestARunObeysTheSettingsOfProviders(t *testing.T) {
	t.Setenv("MORKET_DNS_SERVER", nameServer(t, map[string]string{"nullmx.test": ".", "mail.test": "mx.mail.test."}, map[string][4]byte{
		"nullmx.test": {192, 0, 2, 10}, "onlya.test": {192, 0, 2, 11}, "mx.mail.test": {192, 0, 2, 13}, "example.com": {192, 0, 2, 1}, "iana.org": {192, 0, 2, 2}, "wikipedia.org": {192, 0, 2, 3},
	}))
	leads := file(t, "leads.csv", "email\nana@nullmx.test\nana@onlya.test\nana@mail.test\nana@none.test\n")
	out, _, err := morket(t, "run", leads, "--enrich", "email_check:email->status,mx", "--quiet")
	require.NoError(t, err)
	require.Equal(t, "email,email status,email mx\nana@nullmx.test,invalid,no\nana@onlya.test,valid,implicit\nana@mail.test,valid,yes\nana@none.test,invalid,no\n", out)

	t.Setenv("MORKET_PROVIDER_PRICES", "email_check=2")
	out, _, err = morket(t, "run", leads, "--enrich", "email_check:email", "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "credits: 0 at least, 4 likely, 8 at most")
	out, _, err = morket(t, "providers")
	require.NoError(t, err)
	require.Contains(t, out, "price    2 credits an answer")

	t.Setenv("MORKET_PROVIDER_PRICES", "nobody=2")
	_, _, err = morket(t, "run", leads, "--enrich", "email_check:email", "--dry-run")
	require.ErrorContains(t, err, "MORKET_PROVIDER_PRICES")
	t.Setenv("MORKET_DNS_SERVER", "not a server")
	_, _, err = morket(t, "run", leads, "--enrich", "email_check:email")
	require.ErrorContains(t, err, "MORKET_DNS_SERVER")
}

func TestTheReadingOfAFileCanBeSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content string
		flags   []string
		want    string // the file that is written, or what is wrong
	}{
		"encoding":             {"company\nM\xc3\xbcller GmbH\n", []string{"--encoding", "windows-1252"}, "company,company name\nMÃ¼ller GmbH,MÃ¼ller\n"},
		"encoding in capitals": {"company\nM\xfcller GmbH\n", []string{"--encoding", "LATIN1"}, "company,company name\nMüller GmbH,Müller\n"},
		"delimiter":            {"company|x;y\nAcme|1;2\n", []string{"--delimiter", ";"}, "company|x;y;company|x name\nAcme|1;2;Acme|1\n"},
		"header line":          {"a,b\ncompany,x\nAcme AG,1\n", []string{"--header-line", "2", "--header", "yes"}, "company,x,company name\nAcme AG,1,Acme\n"},
		"escape":               {"company,x\n\"Acme \\\"Bolt\\\" AG\",1\n", []string{"--escape", `\`}, "company,x,company name\n\"Acme \"\"Bolt\"\" AG\",1,\"Acme \"\"Bolt\"\"\"\n"},
		"format":               {"{\"company\":\"Acme AG\"}\n", []string{"--input-format", "jsonl"}, "{\"company\":\"Acme AG\",\"company name\":\"Acme\"}\n"},
		"no such encoding":     {"company\nAcme\n", []string{"--encoding", "utf-9"}, `encoding: "utf-9" is no encoding that can be read; write for example utf-8, windows-1252 or shift_jis`},
		"no such delimiter":    {"company\nAcme\n", []string{"--delimiter", "ab"}, `delimiter: "ab" is not one plain character`},
		"no such line":         {"company\nAcme\n", []string{"--header-line", "-1"}, "header_line: choose a line from 1 to 1000"},
		"no such escape":       {"company\nAcme\n", []string{"--escape", "x"}, "escape: a quote in quotes is doubled or after a backslash"},
		"no such format":       {"company\nAcme\n", []string{"--input-format", "xls"}, `format: "xls" is not csv or jsonl`},
		"not sure":             {"\xEF\xBB\xBFcompany;Town\nM\xFCller;K\xF6ln\n", nil, "say one with --encoding\n  windows-1252   Müller;Köln"},
		"not sure, but said":   {"\xEF\xBB\xBFcompany;Town\nM\xFCller;K\xF6ln\n", []string{"--encoding", "windows-1252"}, "\ufeffcompany;Town;company name\nMüller;Köln;Müller\n"},
	} {
		path := file(t, "leads.csv", c.content)
		column := "company"
		if strings.Contains(c.content, "company|x") {
			column = "company|x"
		}
		out, _, err := morket(t, append([]string{"run", path, "--enrich", "company_name_normalise:" + column + "->name", "--quiet"}, c.flags...)...)
		if err != nil {
			require.ErrorContains(t, err, c.want, name)
			continue
		}
		require.Equal(t, c.want, out, name)
	}
}
