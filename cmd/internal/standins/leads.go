package standins

import (
	"fmt"
	"strings"
)

const header = "First name,Last name,Company,Domain"

// lead is a made-up person of a made-up company.
type lead struct {
	first, last, company, kind string
}

// leadOf is the person of the number, always the same.
func leadOf(i int) lead {
	first := strings.Fields("Ada Alan Barbara Claude Dorothy Edsger Frances Grace Hedy Ida John Katherine Leslie Margaret Niklaus Ole " +
		"Peter Radia Sophie Tim")
	last := strings.Fields("Archer Baker Carter Draper Fisher Fletcher Gardener Hunter Joiner Keeler Mason Miller Parker Porter Sawyer " +
		"Shepherd Taylor Turner Weaver Wright")
	company, kind := strings.Fields(companyWords), strings.Fields(kindWords)
	return lead{first[i%len(first)], last[(i/len(first))%len(last)], company[i%len(company)], kind[(i/len(company))%len(kind)]}
}

func (l lead) name() string   { return l.company + " " + l.kind }
func (l lead) domain() string { return siteOf(l.company, l.kind) + ".example" }
func (l lead) email() string {
	return strings.ToLower(l.first+"."+l.last) + "@" + l.domain()
}

// leads are the people as a file.
func leads() string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range people {
		l := leadOf(i)
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", l.first, l.last, l.name(), l.domain())
	}
	return b.String()
}
