package standins

import (
	"fmt"
	"strings"
)

const header = "First name,Last name,Company,Domain"

// leads are made-up people of made-up companies, always the same.
func leads() string {
	first := strings.Fields("Ada Alan Barbara Claude Dorothy Edsger Frances Grace Hedy Ida John Katherine Leslie Margaret Niklaus Ole " +
		"Peter Radia Sophie Tim")
	last := strings.Fields("Archer Baker Carter Draper Fisher Fletcher Gardener Hunter Joiner Keeler Mason Miller Parker Porter Sawyer " +
		"Shepherd Taylor Turner Weaver Wright")
	company, kind := strings.Fields(companyWords), strings.Fields(kindWords)
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range people {
		c, k := company[i%len(company)], kind[(i/len(company))%len(kind)]
		fmt.Fprintf(&b, "%s,%s,%s %s,%s.example\n", first[i%len(first)], last[(i/len(first))%len(last)], c, k, siteOf(c, k))
	}
	return b.String()
}
