package kernel

import (
	"regexp"
	"strings"
	"unicode"
)

// phoneExtension is a phone number with an extension behind it, in the ways in which people and programs write one: "x136", "ext. 136",
// "#12", ";ext=136" (RFC 3966), ",,136" (a pause when dialling), "доб. 5", "poste 5", "Durchwahl -0". The interface has the same.
var phoneExtension = regexp.MustCompile(`(?i)^(.*[0-9)])[ \t\x{a0},;./([-]*?(?:(?:` + strings.Join(extensionWords(),
	"|") + `)[ \t\x{a0}.:=#]*[-–]?[ \t\x{a0}]*([0-9]{1,8})|(?:[,;#]|,,)[ \t\x{a0}]*([0-9]{1,6}))[ \t\x{a0}#]*[)\]]?$`)

// openExtension is a word for an extension that is not there.
var openExtension = regexp.MustCompile(`(?i)^(.*[0-9)])[ \t\x{a0},;./([-]*(?:` + strings.Join(extensionWords(),
	"|") + `)[ \t\x{a0}.:=)\]]*$`)

func extensionWords() []string {
	return []string{
		"extension", "extensión", "extensão", "extn", "ext", "x", "×", "ｘ", "anexo", "ramal", "poste", "interno", "int", "durchwahl", "dw",
		"nebenstelle", "apparat", "app", "toestel", "tst", "wewnętrzny", "wew",
		"linka", "klapka", "добавочный", "доб", "внутренний", "внутр", "вн", "anknytning", "ankn", "lokal", "lok", "alanumero", "dahili",
		"mellék", "内線", "內線", "分机", "分機", "내선",
	}
}

// maxPhone is how long, in bytes, a number with its extension may be to be looked at.
const maxPhone = 200

// CutExtension cuts the extension off a phone number; "" if it has none. A word for one with nothing behind it is cut off too.
func CutExtension(phone string) (number, extension string) {
	if len(phone) > maxPhone || !strings.ContainsFunc(phone, func(r rune) bool {
		return r == ',' || r == ';' || r == '#' || r == '×' ||
			unicode.IsLetter(r)
	}) {
		return phone, ""
	}
	if m := phoneExtension.FindStringSubmatch(phone); m != nil {
		return strings.TrimRight(m[1], " \t\u00a0"), m[2] + m[3]
	}
	if m := openExtension.FindStringSubmatch(phone); m != nil {
		return m[1], ""
	}
	return phone, ""
}
