package systemtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hugeNumbers are numbers of JSON that nothing keeps: as a number, and where text is read as one, in quotes.
func hugeNumbers() map[string]string {
	return map[string]string{"100,000 digits": strings.Repeat("7", 100_000), "beyond a double": "1e400", "below a double": "-1e-400", "a long fraction": "0." + strings.Repeat("3", 100_000)}
}

// A number that can't be kept is the fault of its field, which the refusal names; it quotes the number's beginning only.
func TestANumberThatCantBeKeptIsRefusedByItsField(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	c := signUp(t, s)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Numbers", "columns": []any{
		map[string]any{"name": "Name", "type": "text"}, map[string]any{"name": "Amount", "type": "number"}, map[string]any{"name": "Price", "type": "currency"}, map[string]any{"name": "Data", "type": "json"},
	}})
	row := in[struct {
		Results []struct {
			RowID string `json:"row_id"`
		} `json:"results"`
	}](c, http.StatusOK, http.MethodPost, "/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{map[string]any{"op": "insert", "cells": map[string]any{"Name": "one"}}}}).Results[0].RowID
	at, amount := "/tables/"+table.ID, table.column("Amount")
	cell := fmt.Sprintf(`{"edits":[{"row_id":%q,"column_id":"%s","value":%%s}]}`, row, amount)
	filter := fmt.Sprintf(`{"column":%q,"op":"gt","value":%%s}`, amount)
	enrich := `{"name":"E","type":"text","config":{%s"steps":[{"provider":"http_api","output":"x","config":{"url":"https://numbers.invalid","outputs":{"x":{"path":"$.x"}},"not_found_statuses":[%s]}}]}}`
	inline := `{"inline":{"config":{"steps":[{"provider":"email_check","inputs":{"email":{"column":"mail"}},"output":"email"}]},"records":[{"mail":%s}]}}`
	for _, place := range []struct {
		method, path, body, field string
		text                      bool // a number in quotes is one as well
		json                      bool // a number is part of a value
	}{
		{http.MethodPatch, at + "/cells", cell, "Amount", true, false},
		{http.MethodPatch, at + "/cells", strings.Replace(cell, amount, "Price", 1), "Price", true, false},
		{http.MethodPatch, at + "/cells", strings.Replace(strings.Replace(cell, amount, "Data", 1), "%s", `{"a":[%s]}`, 1), "Data", false, true},
		{http.MethodPatch, at + "/cells", strings.Replace(cell, "%s", `1,"if_version":%s`, 1), "if_version", false, false},
		{http.MethodPost, at + "/rows:batch", `{"operations":[{"op":"insert","cells":{"Name":"x"}},{"op":"insert","cells":{"Amount":%s}}]}`, "operations[1].cells[Amount]", true, false},
		{http.MethodPost, at + "/rows:updateByFilter", `{"set":{"Amount":%s}}`, "set[Amount]", true, false},
		{http.MethodPost, at + "/rows:updateByFilter", `{"filter":` + filter + `,"set":{"Amount":1}}`, "filter.value", true, false},
		{http.MethodPost, at + "/rows:deleteByFilter", `{"filter":` + filter + `}`, "filter.value", true, false},
		{http.MethodPost, at + "/views", `{"name":"v","filter":` + filter + `}`, "filter.value", true, false},
		{http.MethodPost, at + "/enrichment-columns", strings.Replace(enrich, "%s", "", 1), "steps[0].config", false, false},
		{http.MethodPost, at + "/enrichment-columns", strings.Replace(strings.Replace(enrich, "[%s]", "[404]", 1), "%s", `"cache_days":%s,`, 1), "config.cache_days", false, false},
		{http.MethodPost, "/enrichment-jobs", inline, "inline.records[0].mail", false, true},
		{http.MethodPut, "/credits/caps", `{"caps":[{"scope":"run","limit_mc":%s}]}`, "limit_mc", false, false},
		{http.MethodPost, "/search", `{"q":"x","limit":%s}`, "limit", false, false},
	} {
		for what, number := range hugeNumbers() {
			if place.json {
				number = number[:min(len(number), 60_000)] // within a cell
			}
			forms := []string{number}
			if place.text {
				forms = append(forms, `"`+number+`"`)
			}
			for _, form := range forms {
				r, err := c.try(t.Context(), place.method, c.ws+place.path, raw(strings.Replace(place.body, "%s", form, 1)))
				require.NoError(t, err)
				require.Equal(t, http.StatusUnprocessableEntity, r.Status, "%s %s with %s: %.300s", place.path, place.field, what, r.Raw)
				require.Contains(t, field(t, r), place.field, "%.300s", r.Raw)
				if what != "below a double" { // which some read as 0
					require.Contains(t, r.Error.Message, number[:min(len(number), 15)], "%s quotes it", place.path)
				}
				require.Less(t, len(r.Raw), 1000, place.path)
			}
		}
	}
	for what, number := range hugeNumbers() {
		if len(number) > 10_000 { // not in an address
			number = number[:10_000]
		}
		r, err := c.try(t.Context(), http.MethodGet, c.ws+at+"/rows?filter="+url.QueryEscape(fmt.Sprintf(filter, number)), nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusUnprocessableEntity, r.Status, what)
		require.Equal(t, "filter.value", field(t, r), what)
		require.Less(t, len(r.Raw), 1000, what)
	}
	require.Equal(t, int64(1), c.count(table.ID), "nothing of it was done")

	skipped := c.call(http.StatusOK, http.MethodPost, c.ws+at+"/rows:batch", raw(`{"on_error":"skip","operations":[{"op":"insert","cells":{"Amount":1e400}},{"op":"insert","cells":{"Amount":2}}]}`))
	require.Contains(t, string(skipped.Data), `"inserted":1`, "one bad row fails alone")
	require.Contains(t, string(skipped.Data), "1e400")
}

// A record of a file with such a number fails alone, and its reason quotes the number's beginning.
func TestANumberOfAFileThatCantBeKeptFailsItsRecord(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	c := signUp(t, s)
	var b strings.Builder
	b.WriteString("Key,Number,First,Second,Third,Fourth,Fifth,Sixth\nfine,1,a,b,c,d,e,f\n")
	for _, number := range []string{strings.Repeat("7", 60_000), "1e400", "0." + strings.Repeat("3", 60_000)} { // within the longest field
		fmt.Fprintf(&b, "bad,%s,a,b,c,d,e,f\n", number)
	}
	i := begin(c, s, raw(b.String()))
	done := i.await("the import has ended", func(n importInfo) bool { return n.State == "partially_completed" })
	require.Equal(t, int64(1), done.Counts.Imported)
	require.Equal(t, int64(3), done.Counts.Failed)
	r := c.call(http.StatusOK, http.MethodGet, c.ws+"/imports/"+done.ID+"/errors.csv", nil)
	for _, says := range []string{strings.Repeat("7", 90), "1e400", "0." + strings.Repeat("3", 90)} {
		require.Contains(t, string(r.Raw), "Number: the number "+says)
	}
}

// A cursor is text from outside, and the numbers in it are of every size.
func TestAMadeUpCursorIsNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	c := demo(t, s)
	table := "/tables/" + c.sample().ID
	for _, path := range []string{
		"/credits/transactions", "/credits/transactions/1/lines", "/audit", "/changes", table + "/history", table + "/trash", table + "/rows", "/imports", "/enrichment-jobs",
	} {
		for _, number := range []string{"-1", "0", "2147483648", "39342886649", "9223372036854775807", "9223372036854775808"} {
			for _, name := range []string{"cursor", "after"} {
				r, err := c.try(t.Context(), http.MethodGet, c.ws+path+"?"+name+"="+number, nil)
				require.NoError(t, err)
				require.Less(t, r.Status, http.StatusInternalServerError, "%s with %s=%s: %.300s", path, name, number, r.Raw)
			}
		}
	}
}
