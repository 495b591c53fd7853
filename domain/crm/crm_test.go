package crm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

func TestFit(t *testing.T) {
	t.Parallel()
	options := []crm.Option{{Value: "BANKING", Label: "Banking"}, {Value: "tech", Label: "Technology"}}
	for _, c := range []struct {
		field crm.Field
		text  string
		want  string
		says  string
	}{
		{crm.Field{Type: crm.FieldText}, "  a ", "a", ""},
		{crm.Field{Type: crm.FieldText, MaxChars: 2}, "äöü", "", "longer than the 2 characters"},
		{crm.Field{Type: crm.FieldText}, strings.Repeat("x", crm.MaxValue+1), "", "longer than"},
		{crm.Field{Type: crm.FieldNumber}, "1.50", "1.50", ""},
		{crm.Field{Type: crm.FieldNumber}, "1e999999999", "", "not a number"},
		{crm.Field{Type: crm.FieldNumber}, "1/3", "", "not a number"},
		{crm.Field{Type: crm.FieldNumber}, "many", "", "not a number"},
		{crm.Field{Type: crm.FieldDate}, "2026-11-30", "2026-11-30", ""},
		{crm.Field{Type: crm.FieldDate}, "2026-11-30T23:30:00-02:00", "2026-12-01", ""},
		{crm.Field{Type: crm.FieldDate}, "30.11.2026", "", "not a date"},
		{crm.Field{Type: crm.FieldTime}, "2026-11-30T23:30:00+02:00", "2026-11-30T21:30:00Z", ""},
		{crm.Field{Type: crm.FieldTime}, "2026-11-30", "2026-11-30T00:00:00Z", ""},
		{crm.Field{Type: crm.FieldTime}, "noon", "", "not a date with a time"},
		{crm.Field{Type: crm.FieldBoolean}, "TRUE", "true", ""},
		{crm.Field{Type: crm.FieldBoolean}, "yes", "", "neither true nor false"},
		{crm.Field{Type: crm.FieldOption, Options: options}, "Banking", "BANKING", ""},
		{crm.Field{Type: crm.FieldOption, Options: options}, "TECHNOLOGY", "tech", ""},
		{crm.Field{Type: crm.FieldOption, Options: options}, "Farming", "", "(Banking, Technology)"},
		{crm.Field{Type: crm.FieldOption}, "anything", "anything", ""},
		{crm.Field{Type: crm.FieldOptions, Options: options}, "tech; Banking", "tech;BANKING", ""},
		{crm.Field{Type: crm.FieldRelation}, "51", "51", ""},
	} {
		got, err := crm.Fit(c.field, c.text)
		if c.says != "" {
			require.ErrorContains(t, err, c.says, c.text)
			continue
		}
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got)
	}
}

// What fits has its form: it fits again and stays the same.
func TestFittingTwiceIsFittingOnce(t *testing.T) {
	t.Parallel()
	types := []crm.FieldType{crm.FieldText, crm.FieldNumber, crm.FieldDate, crm.FieldTime, crm.FieldBoolean, crm.FieldOption, crm.FieldOptions}
	texts := rapid.OneOf(rapid.String(), rapid.StringMatching(`-?[0-9]{1,5}(\.[0-9]{1,3})?`), rapid.StringMatching(`20[0-9]{2}-0[1-9]-1[0-9](T1[0-9]:00:00Z)?`))
	rapid.Check(t, func(t *rapid.T) {
		f := crm.Field{Type: rapid.SampledFrom(types).Draw(t, "type")}
		once, err := crm.Fit(f, texts.Draw(t, "text"))
		if err != nil {
			return
		}
		twice, err := crm.Fit(f, once)
		require.NoError(t, err)
		require.Equal(t, once, twice)
		require.True(t, crm.Same(f.Type, once, twice))
	})
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   crm.FieldType
		a, b string
		same bool
	}{
		{crm.FieldText, " a", "a", true},
		{crm.FieldText, "a", "A", false},
		{crm.FieldText, "Ada@Acme.example", "ada@acme.example", true},
		{crm.FieldNumber, "1.50", "1.5", true},
		{crm.FieldNumber, "1", "", false},
		{crm.FieldNumber, "x", "y", false},
		{crm.FieldTime, "2026-11-30T12:00:00.5Z", "2026-11-30T13:00:00+01:00", true},
		{crm.FieldBoolean, "True", "true", true},
		{crm.FieldOptions, "a; b", "b;a", true},
		{crm.FieldOptions, "a", "a;b", false},
	} {
		require.Equal(t, c.same, crm.Same(c.of, c.a, c.b), "%s: %q %q", c.of, c.a, c.b)
		require.Equal(t, c.same, crm.Same(c.of, c.b, c.a), "%s: %q %q", c.of, c.b, c.a)
	}
}

func plan() crm.Plan {
	return crm.Plan{
		Object: crm.Object{Name: "Contacts", Keys: []crm.Key{{Field: "email", Name: "email", Upserts: true}, {Field: "phone", Name: "phone"}}},
		Fields: []crm.Field{{Name: "email", Label: "Email"}, {Name: "phone", Label: "Phone"}, {Name: "name", Label: "Name", Type: crm.FieldText}},
		Definition: crm.Definition{
			Keys:     []crm.Match{{Field: "email", ColumnID: "e"}, {Field: "phone", ColumnID: "p"}},
			Mappings: []crm.Mapping{{Field: "name", ColumnID: "n"}}, Create: true,
		},
	}
}

func TestAPlanLeavesAloneWhatIsNotClear(t *testing.T) {
	t.Parallel()
	record := func(id string) crm.Record { return crm.Record{ID: id, Values: map[string]string{"name": "Old"}} }
	cells := map[kernel.ColumnID]string{"e": "a@b.example", "n": "New"}
	for name, c := range map[string]struct {
		change func(*crm.Plan, *crm.Candidate)
		action crm.Action
		state  crm.Outcome
	}{
		"one record":           {func(_ *crm.Plan, c *crm.Candidate) { c.Found = []crm.Record{record("1")} }, crm.ActionUpdate, ""},
		"no record":            {func(*crm.Plan, *crm.Candidate) {}, crm.ActionCreate, ""},
		"no record, none made": {func(p *crm.Plan, _ *crm.Candidate) { p.Definition.Create = false }, crm.ActionNone, crm.OutcomeSkipped},
		"several records": {func(_ *crm.Plan, c *crm.Candidate) {
			c.By, c.Found = "email", []crm.Record{record("1"), record("2")}
		}, crm.ActionNone, crm.OutcomeConflict},
		"one of them merged away": {func(_ *crm.Plan, c *crm.Candidate) {
			c.Found = []crm.Record{record("1"), {ID: "2", MergedInto: "1"}}
		}, crm.ActionUpdate, ""},
		"another row's": {func(_ *crm.Plan, c *crm.Candidate) {
			c.Found, c.TakenBy = []crm.Record{record("1")}, "row_2"
		}, crm.ActionNone, crm.OutcomeConflict},
		"deleted since":  {func(_ *crm.Plan, c *crm.Candidate) { c.Linked = "1" }, crm.ActionNone, crm.OutcomeSkipped},
		"an empty cell":  {func(_ *crm.Plan, c *crm.Candidate) { c.Cells, c.Found = nil, []crm.Record{record("1")} }, crm.ActionNone, crm.OutcomeUnchanged},
		"nothing to say": {func(_ *crm.Plan, c *crm.Candidate) { c.Cells = nil }, crm.ActionNone, crm.OutcomeSkipped},
		"a clearing cell": {func(p *crm.Plan, c *crm.Candidate) {
			p.Definition.Mappings[0].Clear, c.Cells, c.Found = true, nil, []crm.Record{record("1")}
		}, crm.ActionUpdate, ""},
		"only if empty": {func(p *crm.Plan, c *crm.Candidate) {
			p.Definition.Mappings[0].OnlyEmpty, c.Found = true, []crm.Record{record("1")}
		}, crm.ActionNone, crm.OutcomeUnchanged},
	} {
		p, candidate := plan(), crm.Candidate{RowID: "row_1", Cells: cells}
		c.change(&p, &candidate)
		e := p.Entry(candidate)
		require.Equal(t, c.action, e.Action, name)
		require.Equal(t, c.state, e.State, name)
		require.Equal(t, c.state == "" && c.action != crm.ActionNone, e.Writes(), name)
		require.Equal(t, e.State != "" && e.State != crm.OutcomeUnchanged, e.Reason != "", name)
	}
}

func TestAnAttemptToConnectHoldsTenMinutes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	c := crm.NewConnection()
	require.NoError(t, c.Ask(crm.ConnectAsked{ConnectionID: "con_1", Workspace: "ws_1", Vendor: "mem", State: crm.Digest("s"), Browser: crm.Digest("b"), At: at}))
	for _, wrong := range [][3]string{{"other", "s", "b"}, {"mem", "x", "b"}, {"mem", "s", "x"}, {"mem", "", ""}} {
		_, err := c.Answer(wrong[0], wrong[1], wrong[2], at)
		require.ErrorIs(t, err, crm.ErrAttempt())
	}
	_, err := c.Answer("mem", "s", "b", at.Add(crm.ConnectWithin+time.Second))
	require.ErrorIs(t, err, crm.ErrAttempt())
	_, err = c.Answer("mem", "s", "b", at.Add(crm.ConnectWithin))
	require.NoError(t, err)
	_, err = c.Answer("mem", "s", "b", at)
	require.ErrorIs(t, err, crm.ErrAttempt(), "once")
}

// TestADefinitionSaysWhichWayFieldsGo has what is refused of a sync that pulls.
func TestADefinitionSaysWhichWayFieldsGo(t *testing.T) {
	t.Parallel()
	fields := []crm.Field{
		{Name: "name", Label: "Name", Type: crm.FieldText},
		{Name: "last", Label: "Last name", Type: crm.FieldText, Required: true},
		{Name: "made", Label: "Made", Type: crm.FieldTime, ReadOnly: true},
	}
	object := crm.Object{Name: "Contacts", Keys: []crm.Key{{Field: "name", Name: "name"}}}
	id := func(prefix string) string { return prefix + "_01JZZZZZZZZZZZZZZZZZZZZZZZ" }
	for want, mappings := range map[string][]crm.Mapping{
		"":                                      {{Field: "made", ColumnID: "a", Direction: crm.Pull}},
		"Made can't be written":                 {{Field: "made", ColumnID: "a", Direction: crm.Both}},
		"two fields are pulled into one column": {{Field: "made", ColumnID: "a", Direction: crm.Pull}, {Field: "name", ColumnID: "a", Direction: crm.Both}},
		"choose push, pull or both":             {{Field: "name", ColumnID: "a", Direction: "sideways"}},
		"new records need the field Last name":  {{Field: "name", ColumnID: "a"}, {Field: "last", ColumnID: "b", Direction: crm.Pull}},
	} {
		d := crm.Definition{
			Name: "S", ConnectionID: kernel.ConnectionID(id(kernel.PrefixConnection)), TableID: kernel.TableID(id(kernel.PrefixTable)), Object: "contacts",
			Keys: []crm.Match{{Field: "name", ColumnID: "a"}}, Mappings: mappings, Create: true, MaxRecords: 1,
		}
		err := d.Validate()
		if err == nil {
			err = d.Against(object, fields)
		}
		if want == "" {
			require.NoError(t, err)
			continue
		}
		var ke *kernel.Error
		require.ErrorAs(t, err, &ke, want)
		require.Contains(t, fmt.Sprint(ke.Details, ke.Message), want)
	}
}
