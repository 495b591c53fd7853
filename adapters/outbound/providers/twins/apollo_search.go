package twins

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// DisplayLimit is how far into a search's results Apollo lets anybody look: 500 pages of 100.
const DisplayLimit = 50_000

// searchedResults is how many results every search of the twin has, unless a name or keyword is a number: then so many.
const searchedResults = 237

type searchBody struct {
	Page     int      `json:"page"`
	PerPage  int      `json:"per_page"`
	Titles   []string `json:"person_titles"`
	Places   []string `json:"organization_locations"`
	Keywords string   `json:"q_keywords"`
	Name     string   `json:"q_organization_name"`
}

// total is how many results the search has.
func (b searchBody) total() int {
	for _, s := range []string{b.Keywords, b.Name} {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 {
			return n
		}
	}
	return searchedResults
}

// pageOf reads a search and which of its results the page has; false has answered. Results move between two questions: each page
// begins with the last result of the one before.
func pageOf(w http.ResponseWriter, r *http.Request) (b searchBody, from, to int, ok bool) {
	if json.NewDecoder(r.Body).Decode(&b) != nil {
		answer(w, http.StatusBadRequest, object{"error": "invalid JSON"})
		return b, 0, 0, false
	}
	b.Page, b.PerPage = max(b.Page, 1), max(b.PerPage, 1)
	if b.PerPage > 100 {
		b.PerPage = 100
	}
	if b.Page*b.PerPage > DisplayLimit {
		answer(w, http.StatusUnprocessableEntity, object{
			"error": fmt.Sprintf("Page limit exceeded: only the first %d records can be shown", DisplayLimit),
		})
		return b, 0, 0, false
	}
	from = (b.Page - 1) * b.PerPage
	to = min(from+b.PerPage, b.total())
	return b, from, to, true
}

// searched is the person with the number.
func searched(i int) (first, last, domain string) {
	firsts := strings.Fields("Ada Alan Barbara Claude Dorothy Edsger Frances Grace Hedy Ida")
	lasts := strings.Fields("Archer Baker Carter Draper Fisher Fletcher Mason Miller")
	return firsts[i%len(firsts)], lasts[(i/len(firsts))%len(lasts)], fmt.Sprintf("found%d.example", i/2)
}

// numberOf reads the id of a person.
func numberOf(id string) (int, bool) {
	text, ok := strings.CutPrefix(id, "64a7ff0c")
	n, err := strconv.Atoi(text)
	return n, ok && err == nil && n >= 0
}

func idOf(i int) string { return "64a7ff0c" + strconv.Itoa(i) }

// searchPeople is free, masks last names and has no addresses. Now and then a person has no employer, or an entry is null.
func (*Apollo) searchPeople(w http.ResponseWriter, r *http.Request, _ *ApolloKey) {
	b, from, to, ok := pageOf(w, r)
	if !ok {
		return
	}
	title := "Head of Operations"
	if len(b.Titles) > 0 {
		title = b.Titles[0]
	}
	list := []any{}
	for i := from; i < to; i++ {
		n := i
		if i == from && i > 0 {
			n-- // moved
		}
		first, last, domain := searched(n)
		person := object{
			"id": idOf(n), "first_name": first, "last_name_obfuscated": last[:2] + "***" + last[len(last)-1:], "title": title, "has_email": true,
			"has_city": true, "has_country": true, "has_direct_phone": "Yes", "last_refreshed_at": "2026-11-01T00:00:00.000+00:00",
			"organization": object{"name": company(domain), "primary_domain": domain, "has_industry": true},
		}
		if n%10 == 9 {
			person["organization"] = nil
		}
		list = append(list, person)
		if n%50 == 49 {
			list = append(list, nil)
		}
	}
	answer(w, http.StatusOK, object{"total_entries": b.total(), "people": list})
}

// searchCompanies costs a credit a page. What the team has made an account is in a list of its own.
func (*Apollo) searchCompanies(w http.ResponseWriter, r *http.Request, k *ApolloKey) {
	b, from, to, ok := pageOf(w, r)
	if !ok || !k.charge(w) {
		return
	}
	place := "Germany"
	if len(b.Places) > 0 {
		place = b.Places[0]
	}
	organizations, accounts := []object{}, []object{}
	for i := from; i < to; i++ {
		domain := fmt.Sprintf("found%d.example", i)
		found := object{
			"id": idOf(i), "name": company(domain), "website_url": "http://www." + domain,
			"linkedin_url":   "http://www.linkedin.com/company/" + company(domain),
			"primary_domain": domain, "phone": "+49 30 5550100", "founded_year": 1950 + i%70, "country": place, "city": nil,
			"estimated_num_employees": strconv.Itoa(10 + i), "industry": industry(domain),
		}
		if i%7 == 6 {
			delete(found, "primary_domain")
			found["id"], found["organization_id"], found["domain"] = "acc"+strconv.Itoa(i), idOf(i), domain
			accounts = append(accounts, found)
			continue
		}
		organizations = append(organizations, found)
	}
	answer(w, http.StatusOK, object{
		"breadcrumbs": []object{}, "partial_results_only": false, "accounts": accounts, "organizations": organizations,
		"pagination": object{
			"page": b.Page, "per_page": b.PerPage, "total_entries": b.total(), "total_pages": (b.total() + b.PerPage - 1) / b.PerPage,
		},
	})
}
