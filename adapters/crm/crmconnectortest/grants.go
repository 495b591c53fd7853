package crmconnectortest

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/domain/crm"
)

func (s Subject) describes(t *testing.T) {
	v := s.Connector.Describe()
	require.Equal(t, v, s.Connector.Describe(), "always the same")
	require.Regexp(t, `^[a-z]+$`, v.Slug)
	require.NotEmpty(t, v.Name)
	require.NotEmpty(t, v.Terms)
	require.Positive(t, v.Batch)
	require.NotEmpty(t, v.Limits)
	for _, l := range v.Limits {
		require.Positive(t, l.Calls)
		require.Positive(t, l.Window)
	}
	seen := map[string]bool{}
	for _, o := range v.Objects {
		require.False(t, seen[o.Slug], o.Slug)
		seen[o.Slug] = true
		require.NotEmpty(t, o.Name)
		require.NotEmpty(t, o.Keys, o.Slug)
		for _, k := range o.Keys {
			require.NotEmpty(t, k.Field)
			require.NotEmpty(t, k.Name)
		}
	}
	require.True(t, seen[object])
}

func (s Subject) authorises(t *testing.T) {
	a := Authorization()
	page, err := url.Parse(s.Connector.AuthorizeURL(a))
	require.NoError(t, err)
	require.NotContains(t, page.String(), a.ClientSecret)
	require.NotContains(t, page.String(), a.Verifier, "the verifier is what proves who asks")
	require.Equal(t, "S256", page.Query().Get("code_challenge_method"))
	require.NotEmpty(t, page.Query().Get("code_challenge"))

	code := Code(t, s.Connector, a)
	other := a
	other.Verifier = "another-verifier-0123456789-0123456789-0123456789"
	_, err = s.Connector.Exchange(t.Context(), other, code)
	Failed(t, crm.Grant{}, err, crm.CallDenied, "a code without its verifier")

	code = Code(t, s.Connector, a)
	g, err := s.Connector.Exchange(t.Context(), a, code)
	require.NoError(t, err)
	_, err = s.Connector.Exchange(t.Context(), a, code)
	Failed(t, g, err, crm.CallDenied, "a code is good for once")
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(form, g)
		require.NotContains(t, text, g.Access)
		require.NotContains(t, text, g.Refresh)
		require.NotContains(t, text, a.ClientSecret)
	}
	who, err := s.Connector.Account(t.Context(), g)
	require.NoError(t, err)
	require.NotEmpty(t, who.ID)
	require.NotEmpty(t, who.Name)
	require.NotEmpty(t, who.User)
	for _, call := range s.Twin.Calls() {
		require.NotContains(t, call.Path+call.Query+call.Body, g.Access, "tokens in addresses get into logs")
		require.NotContains(t, call.Path+call.Query+call.Body, g.Refresh)
	}
}

func (s Subject) ends(t *testing.T) {
	g := Connect(t, s.Connector)
	s.Twin.Expire()
	_, err := s.Connector.Find(t.Context(), g, object, s.Names.Email, []string{"a@example.com"}, nil)
	Failed(t, g, err, crm.CallExpired)

	again, err := s.Connector.Refresh(t.Context(), g)
	require.NoError(t, err)
	require.NotEqual(t, g.Access, again.Access)
	require.NotEmpty(t, again.Refresh)
	require.Equal(t, g.ClientID, again.ClientID)
	require.Equal(t, g.ClientSecret, again.ClientSecret)
	require.Equal(t, g.Instance, again.Instance)
	_, err = s.Connector.Find(t.Context(), again, object, s.Names.Email, []string{"a@example.com"}, nil)
	require.NoError(t, err)

	s.Twin.Script(crmtwin.Fault{Path: "/token", Lost: true})
	_, err = s.Connector.Refresh(t.Context(), again)
	require.True(t, Failed(t, again, err, crm.CallFailed).Lost, "the tokens may have been changed")

	for _, fault := range []crmtwin.Fault{
		{Status: 500, Body: "{}"}, {Status: 403, Body: "<html>"}, {Status: 401, Body: "{}"}, {Status: 400, Body: "[]"}, {Status: 404},
	} {
		s.Twin.Forget()
		s.Twin.Script(fault)
		_, err = s.Connector.Refresh(t.Context(), again)
		Failed(t, again, err, crm.CallFailed, "a grant that may be good must not be thrown away", fault.Status)
	}

	g = Connect(t, s.Connector)
	require.NoError(t, s.Connector.Revoke(t.Context(), g))
	require.NoError(t, s.Connector.Revoke(t.Context(), g), "one that is gone is no error")
	_, err = s.Connector.Refresh(t.Context(), g)
	Failed(t, g, err, crm.CallDenied)

	g = Connect(t, s.Connector)
	s.Twin.Disconnect()
	_, err = s.Connector.Refresh(t.Context(), g)
	Failed(t, g, err, crm.CallDenied)
}

func (s Subject) listsFields(t *testing.T) {
	g := Connect(t, s.Connector)
	for _, o := range s.Connector.Describe().Objects {
		fields, err := s.Connector.Fields(t.Context(), g, o.Slug)
		require.NoError(t, err, o.Slug)
		byName := map[string]crm.Field{}
		for _, f := range fields {
			require.NotContains(t, byName, f.Name)
			byName[f.Name] = f
			require.NotEmpty(t, f.Label)
			switch f.Type {
			case crm.FieldOption, crm.FieldOptions:
				if !f.ReadOnly {
					require.NotEmpty(t, f.Options, f.Name)
				}
			default:
				require.Empty(t, f.Options, f.Name)
			}
		}
		for _, k := range o.Keys {
			require.Contains(t, byName, k.Field, "%s has a key that is no field", o.Slug)
		}
		if o.Slug != object {
			continue
		}
		n := s.Names
		for name, kind := range map[string]crm.FieldType{
			n.Email: crm.FieldText, n.Last: crm.FieldText, n.Note: crm.FieldText, n.Number: crm.FieldNumber, n.Boolean: crm.FieldBoolean,
			n.Date: crm.FieldDate, n.Time: crm.FieldTime, n.Options: crm.FieldOptions,
		} {
			require.Equal(t, kind, byName[name].Type, name)
			require.False(t, byName[name].ReadOnly, name)
		}
	}
	_, err := s.Connector.Fields(t.Context(), g, "../secrets")
	Failed(t, g, err, crm.CallInvalid)
}
