package dedupsample

import (
	"strings"
)

// again is the same person as another source has it.
func (m *maker) again(p person) Row {
	r := Row{Entity: m.entity, Name: m.nameAgain(p), Email: p.email, Phone: p.phone, Company: m.companyAgain(p.company)}
	switch x := m.r.Float64(); {
	case x < 0.1:
		r.Email = strings.ToUpper(r.Email[:1]) + r.Email[1:]
	case x < 0.15:
		r.Email = strings.Replace(r.Email, "@", "+news@", 1)
	case x < 0.2:
		r.Email = m.slip(r.Email)
	case x < 0.32:
		r.Email = ""
	case x < 0.42:
		r.Email = m.address(p) // another one of the same person
	}
	if r.Phone == "" && m.chance(0.3) {
		r.Phone = m.number()
	}
	switch x := m.r.Float64(); {
	case r.Phone == "" || x < 0.35:
	case x < 0.6:
		r.Phone = "(" + r.Phone[2:5] + ") " + r.Phone[5:8] + "-" + r.Phone[8:]
	case x < 0.7:
		r.Phone = "001 " + r.Phone[2:5] + " " + r.Phone[5:8] + " " + r.Phone[8:]
	case x < 0.75:
		r.Phone = r.Phone[:11] + string('0'+(r.Phone[11]-'0'+1)%10)
	case x < 0.95:
		r.Phone = ""
	}
	return r
}

func (m *maker) nameAgain(p person) string {
	first, last := p.first, p.last
	if short, ok := shorts[first]; ok && m.chance(0.3) {
		first = short
	}
	switch x := m.r.Float64(); {
	case x < 0.12:
		first = m.slip(first)
	case x < 0.24:
		last = m.slip(last)
	case x < 0.28:
		first = first[:1] + "."
	}
	name := first + " " + last
	switch x := m.r.Float64(); {
	case x < 0.06:
		name = last + ", " + first
	case x < 0.12:
		name = strings.ToUpper(name)
	case x < 0.18:
		name = strings.ToLower(name)
	case x < 0.22:
		name = "Dr. " + name
	case x < 0.26:
		name = first + " " + m.pick(firstNames)[:1] + ". " + last
	}
	return name
}

func (m *maker) companyAgain(c company) string {
	name := c.name + " " + c.form
	switch x := m.r.Float64(); {
	case x < 0.2:
		name = c.name
	case x < 0.35:
		name = c.name + " " + m.pick(forms)
	case x < 0.45:
		name = strings.ToUpper(name)
	case x < 0.53:
		name = m.slip(c.name)
	case x < 0.63:
		name = ""
	case x < 0.68:
		name = strings.ReplaceAll(c.name, "&", "and")
	}
	return name
}

// slip makes a slip of typing: two letters in the wrong order, a letter lost, doubled or another one.
func (m *maker) slip(s string) string {
	if len(s) < 4 { //nolint:mnd // too short to be recognised
		return s
	}
	i := 1 + m.r.IntN(len(s)-2)
	for range len(s) {
		if isLetter(s[i]) && isLetter(s[i+1]) {
			break
		}
		i = 1 + i%(len(s)-2)
	}
	switch m.r.IntN(4) {
	case 0:
		return s[:i] + string(s[i+1]) + string(s[i]) + s[i+2:]
	case 1:
		return s[:i] + s[i+1:]
	case 2:
		return s[:i] + string(s[i]) + s[i:]
	default:
		return s[:i] + string('a'+byte(m.r.IntN(26))) + s[i+1:]
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
