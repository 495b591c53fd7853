package scrape

// Target is what is looked for on a page.
type Target string

// The targets that are built in. An extractor of another one is a package and a registration.
const (
	TargetPage    Target = "page"
	TargetCompany Target = "company_website"
	TargetJob     Target = "job_posting"
	TargetProfile Target = "profile_page"
	TargetImprint Target = "imprint"
)

// Extract is what an extractor has found. Every field that it knows is there; a missing one is nil.
type Extract struct {
	Target  Target         `json:"target"`
	Version int            `json:"version"` // of the extractor; a newer one may find more in the same page
	Fields  map[string]any `json:"fields"`
	// Reasons say why what was found is not all that could be.
	Reasons []string `json:"reasons,omitempty"`
}

// Empty reports that nothing at all was found.
func (e Extract) Empty() bool {
	for _, v := range e.Fields {
		if v != nil {
			return false
		}
	}
	return true
}
