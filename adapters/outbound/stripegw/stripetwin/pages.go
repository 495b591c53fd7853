package stripetwin

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func escape(s string) string { return url.QueryEscape(s) }

// pages adds the pages for people: to pay on, the portal, an invoice, and the twin's own clock.
func (t *Twin) pages() {
	t.mux.HandleFunc("GET /pay/{id}", t.payPage)
	t.mux.HandleFunc("POST /pay/{id}", t.paid)
	t.mux.HandleFunc("GET /portal/{id}", t.portalPage)
	t.mux.HandleFunc("POST /portal/{id}", t.portalChange)
	t.mux.HandleFunc("GET /invoice/{id}", t.invoicePage)
	t.mux.HandleFunc("POST /invoice/{id}", func(w http.ResponseWriter, r *http.Request) {
		t.PayInvoice(r.PathValue("id"))
		again(w, r)
	})
	t.mux.HandleFunc("POST /twin/advance", func(w http.ResponseWriter, r *http.Request) {
		const most = 400
		days, err := strconv.Atoi(r.FormValue("days"))
		if err != nil || days < 1 || days > most {
			http.Error(w, "days: want 1 to 400", http.StatusBadRequest)
			return
		}
		t.Advance(time.Duration(days) * day)
		_, _ = fmt.Fprintln(w, t.Now().Format(time.RFC3339))
	})
}

const style = `<style>body{font:15px/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1f2937}
button{display:block;width:100%;margin:.5rem 0;padding:.6rem;border:0;border-radius:6px;background:#4f46e5;color:#fff;font:inherit}
button.second{background:#e5e7eb;color:#1f2937}small{color:#6b7280}</style>`

// show writes a page of buttons, each of which posts its value.
func show(w http.ResponseWriter, title, text, more string, buttons ...[2]string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>%[1]s</title>%[2]s<h1>%[1]s</h1>"+
		"<p>%[3]s</p>%[4]s<form method=post>", html.EscapeString(title), style, html.EscapeString(text), more)
	for n, button := range buttons {
		class := "second"
		if n == 0 {
			class = "first"
		}
		fmt.Fprintf(&b, "<button class=%s name=do value=%s>%s</button>", class, button[0], html.EscapeString(button[1]))
	}
	b.WriteString("</form><small>A stand-in of Stripe. No money moves.</small></html>")
	_, _ = w.Write([]byte(b.String()))
}

// again answers a form by its own page anew.
func again(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "?"+r.URL.RawQuery)
	w.WriteHeader(http.StatusSeeOther)
}

func money(cents int64, currency string) string {
	const hundred = 100
	return fmt.Sprintf("%s %d.%02d", strings.ToUpper(currency), cents/hundred, cents%hundred)
}

func (t *Twin) payPage(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	o := t.sessions[r.PathValue("id")]
	t.mu.Unlock()
	if o == nil {
		http.NotFound(w, r)
		return
	}
	if o.status != "open" {
		show(w, "Paid", "This page has been used.", "")
		return
	}
	buttons := [][2]string{{"good", "Pay"}, {"declined", "Pay with a card that is declined"}, {"back", "Back"}}
	text := o.item + ": " + money(o.amount, o.currency)
	if o.mode == "subscription" {
		text += " a month"
	}
	if o.cardOptional {
		buttons = append([][2]string{{"trial", "Start the trial without a card"}}, buttons...)
		text += fmt.Sprintf(", after %d days of trial", o.trialDays)
	}
	more := ""
	if r.URL.Query().Has("declined") {
		more = "<p role=alert>The card was declined.</p>"
	}
	show(w, "Checkout", text, more, buttons...)
}

func (t *Twin) paid(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	t.mu.Lock()
	o := t.sessions[id]
	t.mu.Unlock()
	if o == nil {
		http.NotFound(w, r)
		return
	}
	next := o.cancel
	switch r.FormValue("do") {
	case "good", "declined":
		if next = o.success; !t.Pay(id, r.FormValue("do")) {
			next = t.cfg.Base + "/pay/" + id + "?declined"
		}
	case "trial":
		if t.Pay(id, "") {
			next = o.success
		}
	}
	http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // a stand-in: where the product, or a test, said
}

func (t *Twin) portalPage(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	c := t.customers[r.PathValue("id")]
	t.mu.Unlock()
	if c == nil {
		http.NotFound(w, r)
		return
	}
	text := "No card."
	if c.card != noCard {
		text = "The card is " + string(c.card) + "."
	}
	show(w, "Billing portal", text, "", [2]string{"return", "Return"}, [2]string{"good", "Use a good card"},
		[2]string{"declined", "Use a card that will be declined"}, [2]string{"cancel", "Cancel the subscription"})
}

func (t *Twin) portalChange(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	switch do := r.FormValue("do"); do {
	case "good", "declined":
		t.SetCard(id, do)
	case "cancel":
		t.mu.Lock()
		for _, s := range t.subs {
			if s.customer == id && s.status != "canceled" {
				s.cancelAtEnd = true
				t.tellSub(s, "updated")
			}
		}
		t.mu.Unlock()
	default:
		http.Redirect(w, r, r.URL.Query().Get("return"), http.StatusSeeOther) //nolint:gosec // a stand-in: where the product said
		return
	}
	again(w, r)
}

func (t *Twin) invoicePage(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	i := t.invoices[r.PathValue("id")]
	t.mu.Unlock()
	if i == nil {
		http.NotFound(w, r)
		return
	}
	var buttons [][2]string
	if i.status == "open" {
		buttons = append(buttons, [2]string{"pay", "Pay"})
	}
	show(w, "Invoice "+i.number, money(i.total, i.currency)+", "+i.status, "", buttons...)
}
