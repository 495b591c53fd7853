// Package dedupsample makes up people with duplicates of which it is known which are the same, so that it can be measured how well
// duplicates are found. The people are made of lists of names and of syllables; none is a real one.
package dedupsample

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Row is a person as a table has it. Rows of the same Entity are the same person.
type Row struct {
	Entity                      int
	Name, Email, Phone, Company string
}

// Shares of the rows that are made.
const (
	duplicated = 0.12 // of the people have further rows
	hard       = 0.08 // of the people have somebody beside them who is easily taken for them
)

// Make makes about so many rows, in an order that says nothing. The same seed makes the same rows.
func Make(rows int, seed uint64) []Row {
	m := &maker{taken: map[string]bool{}, r: rand.New(rand.NewPCG(seed, 7))} //nolint:gosec // made-up people are no secret
	m.companies(max(10, rows/8))                                             //nolint:mnd // people a company
	for len(m.out) < rows {
		p := m.person()
		m.add(p)
		switch x := m.r.Float64(); {
		case x < duplicated:
			for range 1 + m.r.IntN(3)*m.r.IntN(2) {
				m.out = append(m.out, m.again(p))
			}
		case x < duplicated+hard:
			m.add(m.beside(p))
		}
	}
	m.r.Shuffle(len(m.out), func(i, j int) { m.out[i], m.out[j] = m.out[j], m.out[i] })
	return m.out
}

type company struct{ name, form, domain, phone string }

type person struct {
	first, last, generation string
	company                 company
	email, phone            string
}

type maker struct {
	r       *rand.Rand
	taken   map[string]bool // addresses
	firms   []company
	out     []Row
	entity  int
	numbers int
}

func (m *maker) pick(list []string) string { return list[m.r.IntN(len(list))] }

func (m *maker) chance(p float64) bool { return m.r.Float64() < p }

// word is a made-up word of so many syllables.
func (m *maker) word(syllables int) string {
	var b strings.Builder
	for range syllables {
		b.WriteString(m.pick(begins) + m.pick(vowels) + m.pick(ends))
	}
	return title(b.String())
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// number is a phone number that nobody else has.
func (m *maker) number() string {
	m.numbers++
	return fmt.Sprintf("+1%03d%03d%04d", 201+m.r.IntN(700), 200+m.numbers/10_000%800, m.numbers*7919%10_000)
}

func (m *maker) companies(n int) {
	for range n {
		name := m.word(2) + " " + m.pick(trades)
		if m.chance(0.3) {
			name = m.word(1) + " & " + m.word(2) + " " + m.pick(trades)
		}
		domain := strings.ToLower(strings.NewReplacer(" ", "", "&", "").Replace(name)) + m.pick([]string{".com", ".io", ".de", ".co.uk"})
		m.firms = append(m.firms, company{name, m.pick(forms), domain, m.number()})
	}
}

func (m *maker) lastName() string {
	if m.chance(0.5) {
		return m.pick(lastNames)
	}
	return m.word(1 + m.r.IntN(2))
}

func (m *maker) person() person {
	p := person{first: m.pick(firstNames), last: m.lastName(), company: m.firms[m.r.IntN(len(m.firms))]}
	p.email = m.address(p)
	switch x := m.r.Float64(); {
	case x < 0.65:
		p.phone = m.number()
	case x < 0.8:
		p.phone = p.company.phone
	}
	return p
}

// address is the one that a person has at work, or one of free mail.
func (m *maker) address(p person) string {
	first, last := strings.ToLower(p.first), strings.ToLower(p.last)
	m.numbers++
	if m.chance(0.2) {
		return fmt.Sprintf("%s.%s%d@%s", first, last, m.numbers, m.pick(mails))
	}
	local := first + "." + last
	if m.chance(0.3) {
		local = first[:1] + last
	}
	for n := 2; m.taken[local+p.company.domain]; n++ { // who comes later has a number
		local = fmt.Sprintf("%s.%s%d", first, last, n)
	}
	m.taken[local+p.company.domain] = true
	return local + "@" + p.company.domain
}

func (m *maker) add(p person) {
	m.entity++
	name := p.first + " " + p.last
	if p.generation != "" {
		name += " " + p.generation
	}
	m.out = append(m.out, Row{m.entity, name, p.email, p.phone, p.company.name + " " + p.company.form})
}

// beside is somebody who is easily taken for the person.
func (m *maker) beside(p person) person {
	q := p
	switch m.r.IntN(5) {
	case 0: // a child of the same name, at the same number
		q.generation = "Jr."
		q.email = "jr." + p.email
	case 1: // a parent or a sister, at the same number and company
		for q.first == p.first {
			q.first = m.pick(firstNames)
		}
		q.email = m.address(q)
	case 2: // the same name at another company
		q.company = m.firms[m.r.IntN(len(m.firms))]
		q.email, q.phone = m.address(q), m.number()
	case 3: // a colleague with a similar name, at the switchboard
		for q.last == p.last {
			q.last = m.lastName()
		}
		q.phone = p.company.phone
		q.email = m.address(q)
	default: // the same name at a company of which little is known
		q.email, q.phone, q.company = "", "", m.firms[m.r.IntN(len(m.firms))]
	}
	return q
}
