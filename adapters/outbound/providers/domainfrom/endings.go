package domainfrom

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/morket/morket/domain/kernel"
)

// nationals are the endings under which companies of a country register, where they are not, or not only, the country's code; the usual
// one first.
var nationals = map[string][]string{ //nolint:gochecknoglobals // a constant table
	"gb": {"co.uk", "uk"},
	"jp": {"co.jp", "jp"},
	"kr": {"co.kr", "kr"},
	"tr": {"com.tr"},
	"br": {"com.br"},
	"mx": {"com.mx", "mx"},
	"ar": {"com.ar"},
	"au": {"com.au"},
	"nz": {"co.nz", "nz"},
	"za": {"co.za"},
	"in": {"in", "co.in"},
	"il": {"co.il"},
	"id": {"co.id", "id"},
	"th": {"co.th"},
	"my": {"com.my"},
	"sg": {"com.sg", "sg"},
	"ph": {"com.ph", "ph"},
	"hk": {"com.hk", "hk"},
	"tw": {"com.tw", "tw"},
	"cn": {"cn", "com.cn"},
	"vn": {"com.vn", "vn"},
	"ua": {"com.ua", "ua"},
	"pl": {"pl", "com.pl"},
	"pe": {"com.pe", "pe"},
	"co": {"com.co", "co"},
	"ec": {"com.ec", "ec"},
	"uy": {"com.uy"},
	"ve": {"com.ve"},
	"ke": {"co.ke"},
	"ng": {"com.ng", "ng"},
	"gh": {"com.gh"},
	"eg": {"com.eg"},
	"sa": {"com.sa", "sa"},
	"qa": {"com.qa", "qa"},
	"kw": {"com.kw"},
	"bh": {"com.bh"},
	"om": {"com.om"},
	"lb": {"com.lb"},
	"jo": {"jo", "com.jo"},
	"pk": {"com.pk", "pk"},
	"bd": {"com.bd"},
	"np": {"com.np"},
	"cy": {"com.cy"},
	"mt": {"com.mt"},
	"tz": {"co.tz"},
	"ug": {"co.ug"},
	"zw": {"co.zw"},
	"bw": {"co.bw"},
	"zm": {"co.zm"},
	"py": {"com.py"},
	"bo": {"com.bo", "bo"},
	"gt": {"com.gt"},
	"sv": {"com.sv"},
	"do": {"com.do"},
	"pa": {"com.pa"},
	"cr": {"co.cr", "cr"},
	"kh": {"com.kh"},
	"mm": {"com.mm"},
	"bn": {"com.bn"},
	"us": nil,
}

// aliases are names of countries that people write and that are no official ones.
var aliases = map[string]string{ //nolint:gochecknoglobals // a constant table
	"uk":                       "gb",
	"great britain":            "gb",
	"england":                  "gb",
	"scotland":                 "gb",
	"wales":                    "gb",
	"northern ireland":         "gb",
	"usa":                      "us",
	"u.s.":                     "us",
	"u.s.a.":                   "us",
	"america":                  "us",
	"united states of america": "us",
	"holland":                  "nl",
	"the netherlands":          "nl",
	"korea":                    "kr",
	"republic of korea":        "kr",
	"czech republic":           "cz",
	"turkey":                   "tr",
	"russia":                   "ru",
	"russian federation":       "ru",
	"uae":                      "ae",
	"hong kong":                "hk",
	"taiwan":                   "tw",
	"viet nam":                 "vn",
	"ivory coast":              "ci",
	"macedonia":                "mk",
	"republic of ireland":      "ie",
	"el":                       "gr",
	"prc":                      "cn",
	"mainland china":           "cn",
	"brasil":                   "br",
}

// countries are the codes by the folded names of the countries in the languages in which tables name them most.
var countries = sync.OnceValue(func() map[string]string { //nolint:gochecknoglobals // made once
	out := map[string]string{}
	tags := []language.Tag{
		language.English, language.German, language.French, language.Spanish, language.Italian, language.Portuguese, language.Dutch,
		language.Swedish, language.Danish,
		language.Norwegian, language.Finnish, language.Polish, language.Turkish, language.Japanese, language.Chinese,
	}
	for _, tag := range tags {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				region, err := language.ParseRegion(string([]rune{a, b}))
				if err != nil || !region.IsCountry() || region.Canonicalize() != region { // DD is no more
					continue
				}
				name := kernel.Fold(names.Name(region))
				if _, taken := out[name]; !taken && name != "" {
					out[name] = strings.ToLower(region.String())
				}
			}
		}
	}
	for name, code := range aliases {
		out[name] = code
	}
	return out
})

// codeOf is the two-letter code of a country that is given by code or name, empty where it is not known.
func codeOf(country string) string {
	c := kernel.Fold(strings.TrimSpace(country))
	const longest = 60
	if c == "" || len(c) > longest {
		return ""
	}
	if code, ok := aliases[c]; ok {
		return code
	}
	if region, err := language.ParseRegion(c); err == nil && len(c) <= 3 && region.IsCountry() {
		return strings.ToLower(region.Canonicalize().String())
	}
	return countries()[c]
}

// endingsOf are the endings under which a country's companies register, the usual one first; none where it is .com.
func endingsOf(code string) []string {
	if list, special := nationals[code]; special {
		return list
	}
	if code == "" {
		return nil
	}
	return []string{code}
}
