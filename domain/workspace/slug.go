package workspace

import (
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Slug is the reservation of a slug, the stream slug-<slug>.
type Slug struct {
	kernel.Root
	holder kernel.WorkspaceID
}

// maxSlug is the longest slug.
const maxSlug = 50

// Reserve makes the slug the workspace's.
func (s *Slug) Reserve(slug string, ws kernel.WorkspaceID) error {
	if s.holder != "" && s.holder != ws {
		return ErrSlugTaken(slug)
	}
	return s.Record(s, SlugReserved{Workspace: ws})
}

// Release makes the slug free if the workspace holds it.
func (s *Slug) Release(ws kernel.WorkspaceID) error {
	if s.holder != ws {
		return nil
	}
	return s.Record(s, SlugReleased{Workspace: ws})
}

// Apply folds an event.
func (s *Slug) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case SlugReserved:
		s.holder = e.Workspace
	case SlugReleased:
		s.holder = ""
	default:
		return kernel.UnknownEvent("slug", e)
	}
	return nil
}

// Link leads from an invitation's token to its workspace, the stream invitation-<hash of the token>.
type Link struct {
	kernel.Root
	To InvitationLinked
}

// Apply folds an event.
func (l *Link) Apply(e kernel.Event) error {
	linked, ok := e.(InvitationLinked)
	if !ok {
		return kernel.UnknownEvent("invitation link", e)
	}
	l.To = linked
	return nil
}

// CheckSlug checks a slug that somebody chose.
func CheckSlug(slug string) error {
	if len(slug) < 2 || len(slug) > maxSlug || slug != SlugOf(slug) {
		return kernel.Invalid("slug", "must have 2 to %d characters: lower-case letters, digits and single hyphens between them", maxSlug)
	}
	return nil
}

// SlugOf makes a slug of a name; it may be empty when the name has no Latin letters or digits.
func SlugOf(name string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range latin().Replace(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		default:
			hyphen = true
		}
		if b.Len() >= maxSlug {
			break
		}
	}
	s := b.String()
	return strings.Trim(s[:min(len(s), maxSlug)], "-")
}

// latin writes the accented letters of Western and Central European names without their accents.
func latin() *strings.Replacer {
	return strings.NewReplacer(
		"ä", "a", "á", "a", "à", "a", "â", "a", "ã", "a", "å", "a", "ą", "a", "æ", "ae", "ç", "c", "ć", "c", "č", "c", "ď", "d",
		"é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "ě", "e", "í", "i", "ì", "i", "î", "i", "ï", "i", "ł", "l", "ñ", "n", "ń", "n", "ň",
		"n",
		"ö", "o", "ó", "o", "ò", "o", "ô", "o", "õ", "o", "ø", "o", "ő", "o", "œ", "oe", "ř", "r", "ß", "ss", "ś", "s", "š", "s", "ť", "t",
		"ü", "u", "ú", "u", "ù", "u", "û", "u", "ů", "u", "ű", "u", "ý", "y", "ź", "z", "ż", "z", "ž", "z")
}

// CheckName checks a workspace's name and trims it.
func CheckName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := len([]rune(name)); n < 1 || n > 100 {
		return "", kernel.Invalid("name", "must have 1 to 100 characters")
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", kernel.Invalid("name", "must not hold control characters")
	}
	return name, nil
}
