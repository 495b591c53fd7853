package companyname

import (
	"strings"
	"unicode"
)

// keyOf reduces the words of a form to one spelling: small letters, without dots and brackets, single letters joined.
func keyOf(words []string) string {
	var out []string
	joins := false // the last word is of single letters
	for _, w := range strings.Fields(strings.ReplaceAll(strings.Join(words, " "), ",", " ")) {
		w = strings.Map(func(r rune) rune {
			if strings.ContainsRune(".()«»\"", r) {
				return -1
			}
			return unicode.ToLower(r)
		}, w)
		if w == "" {
			continue
		}
		single := len([]rune(w)) == 1 && w != "&" && w != "+"
		if single && joins {
			out[len(out)-1] += w
			continue
		}
		out, joins = append(out, w), single
	}
	return strings.Join(out, " ")
}

// legal reports whether the words are nothing but a legal form.
func legal(words []string) bool { return suffixes[keyOf(words)] }

func conjunction(w string) bool {
	switch strings.ToLower(w) {
	case "&", "+", "and", "und", "et", "y", "e", "og", "och", "en", "i":
		return true
	default:
		return false
	}
}

// article reports whether the words name nothing by themselves: The Company is a name.
func article(words []string) bool {
	if len(words) != 1 {
		return false
	}
	switch strings.ToLower(words[0]) {
	case "the", "a", "an", "die", "der", "das", "le", "la", "les", "el", "los", "il", "de", "het", "our", "my", "your":
		return true
	default:
		return false
	}
}

// isSpa tells a bath from the Italian form, which is written SpA, S.p.A. or SPA.
func isSpa(words []string, end int) bool {
	if end != len(words)-1 {
		return false
	}
	switch words[end] {
	case "Spa", "spa":
		return true
	case "SPA":
		switch strings.ToLower(words[end-1]) {
		case "day", "med", "medi", "nail", "nails", "hotel", "resort", "beauty", "wellness", "hair", "skin", "thermal", "salon":
			return true
		}
	}
	return false
}

func set(lists ...string) map[string]bool {
	out := map[string]bool{}
	for _, list := range lists {
		for f := range strings.SplitSeq(list, "|") {
			out[f] = true
		}
	}
	return out
}

// suffixes are the forms that follow a name, as keyOf writes them.
var suffixes = set( //nolint:gochecknoglobals // a constant table
	"inc|incorporated|corp|corporation|co|company|llc|ltd|limited|plc|lp|llp|lllp|pllc|pc|pbc|"+
		"limited liability company|public limited company",
	"co ltd|co inc|co llc|co plc|company inc|company limited|co limited|& co|and company|and co|& company|& co ltd|& co inc|& co llc|corp "+
		"ltd|ltd co|l c|lc|unlimited company|dac|clg|cic|nl",
	"gmbh|mbh|gesmbh|ag|kg|kgaa|ohg|gbr|ug|ug haftungsbeschränkt|se|ev|eg|ek|e kfm|ekfm|gmbh & co kg|gmbh & co kgaa|gmbh & co ohg|gmbh & "+
		"cokg|ag & co kg|ag & co kgaa|se & co kg|se & co kgaa|& co kg|ug & co kg|ggmbh|gug|ag & co|partg mbb|partgmbb|sarl & co kg",
	"sa|sas|sasu|sarl|s à rl|sà rl|sàrl|eurl|snc|sci|sca|scs|scop|sprl|bvba|srl|spa|sapa|srls|scarl|sas di|ss|gie|selarl|societe "+
		"anonyme|société anonyme|asbl|vzw",
	"bv|nv|vof|cv|ab|publ|ab publ|as|asa|ans|da|aps|a/s|i/s|k/s|p/s|ivs|amba|hf|ehf|oy|oyj|ab oy|oy ab|ky|tmi|oü|osaühing|sia|uab|mb|ik",
	"kk|kabushiki kaisha|gk|godo kaisha|yk|pty|pty ltd|pty limited|proprietary limited|pte|pte ltd|pte limited|pvt ltd|pvt "+
		"limited|private limited|private ltd|p ltd|pvt|opc pvt ltd|opc private limited|llp india",
	"sl|slu|sau|sll|scl|sc|sociedad anonima|sociedad anónima|sociedad limitada|lda|ltda|limitada|eireli|me|epp|unipessoal lda|sgps|sgps "+
		"sa|s/a|spa chile",
	"sa de cv|s a de cv|sab de cv|sapi de cv|s de rl de cv|s de rl|sc de rl|sas de cv|sofom enr|eirl|sac|saa|srl de cv|cia "+
		"ltda|ca|compañía anónima",
	"sro|s ro|as sro|spol s ro|spol sro|vos|ks|doo|d oo|dd|jdoo|kft|zrt|nyrt|rt|bt|kkt|sp zoo|sp z oo|spz oo|spółka akcyjna|spółka z "+
		"oo|sp k|sp j|ska|ood|ead|eood|ad|et|kd|a d|adsits",
	"ooo|oao|pao|zao|ao|too|ооо|оао|пао|зао|ао|тоо|тов|пат|прат|ип",
	"bhd|sdn bhd|tbk|persero tbk|persero|jsc|pjsc|cjsc|ojsc|llc fz|wll|bsc|bsc c|fzco|fze|fz "+
		"llc|fz-llc|dmcc|saog|saoc|kscp|kpsc|ksc|qpsc|qsc|spc",
	"as̈|aş|anonim şirketi|anonim sirketi|ltd şti|ltd sti|limited şirketi|limited sirketi|san ve tic aş|san ve tic as|san tic ltd "+
		"şti|sanayi ve ticaret aş|sanayi ve ticaret as",
	"αε|επε|ικε|οε|εε|ae|epe|ike|abee|αβεε|בע״מ|בע\"מ|בעמ|จำกัด|จำกัด มหาชน|public co ltd|public company limited|pcl|co ltd thailand|jsc "+
		"vietnam|joint stock company|open joint stock company|public joint stock company",
)

// prefixes are the forms that stand before a name. Those that are also common beginnings of names, such as AS or SA, are not here.
var prefixes = set( //nolint:gochecknoglobals // a constant table
	"pt|ooo|oao|zao|pao|too|ооо|оао|пао|зао|ао|тоо|тов|пат|прат|пп|чп|ип|фоп|sarl|sasu|eurl|selarl|uab|sia|" +
		"บริษัท|בע״מ|шпк|dooel|ud|firma|fa|公司|aktiebolaget|aktieselskabet",
)

// dottedPrefixes stand before a name when they are written with their dots: S.A. Dupont, but SA Recycling.
var dottedPrefixes = set("sa|sas|sarl|nv|bv|spa|srl|sl|kk") //nolint:gochecknoglobals // a constant table

// gluedForms are written without a space in East Asian names, before or after them; the longest first.
func gluedForms() []string {
	return []string{
		"股份有限公司", "有限责任公司", "有限責任公司", "股份公司", "有限公司", "一般社団法人", "株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "(株)", "(有)", "(同)",
		"주식회사", "유한회사", "유한책임회사", "(주)", "(유)",
	}
}
