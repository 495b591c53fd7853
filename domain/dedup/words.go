package dedup

import "strings"

// words makes a set of the words of a text.
func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// legalForms are the words at the end of a company's name that don't tell companies apart.
var legalForms = words( //nolint:gochecknoglobals // a table
	`inc incorporated llc llp lp ltd limited plc corp corporation co company gmbh mbh ag kg kgaa ohg ug se sa sas sarl
	spa srl sl bv nv oy oyj ab asa as aps ltda pty pte kk kft sro doo eood sia uab group holding holdings`)

// titles are the words around a person's name that don't belong to it.
var titles = words( //nolint:gochecknoglobals // a table
	`mr mrs ms miss mx dr prof professor sir dame herr frau hr fr mme mlle sig sra phd md mba msc bsc esq dipl ing`)

// generations are the words that tell a parent from a child of the same name, in one form each.
var generations = map[string]string{ //nolint:gochecknoglobals // a table
	"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii", "iv": "iv",
}

// freeMail are the domains of mail that say nothing of where a person works.
var freeMail = words( //nolint:gochecknoglobals // a table
	`gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com icloud.com me.com aol.com gmx.de gmx.net gmx.com web.de
	proton.me protonmail.com mail.ru yandex.ru qq.com 163.com t-online.de bluewin.ch orange.fr free.fr libero.it`)

// roles are the local parts of addresses that many people have.
var roles = words( //nolint:gochecknoglobals // a table
	`info office sales contact hello support admin mail team hr jobs press service kontakt`)

// shortNames lists first names with their short forms: a long form, then the short ones.
const shortNames = `alexander alex sasha xander
	alexandra alexa sandra
	andrew andy drew
	anthony tony
	benjamin ben benny
	catherine katherine kathryn kate cathy kathy katie kat
	charles charlie chuck
	christina tina chrissy
	christopher chris kit
	daniel dan danny
	david dave davy
	deborah deb debbie
	donald don donny
	edward ed eddie ted
	elizabeth liz beth betty eliza lisa libby
	eugene gene
	frances fran
	frederick fred freddy
	gregory greg
	henry harry hank
	jacob jake
	james jim jimmy jamie
	jennifer jen jenny
	jessica jess
	john jack johnny
	jonathan jon
	joseph joe joey
	joshua josh
	kenneth ken kenny
	lawrence larry
	leonard leo lenny
	margaret maggie meg peggy
	matthew matt
	michael mike mick mickey
	nathaniel nate
	nicholas nick nicky
	pamela pam
	patricia pat patty trish
	peter pete
	philip phil
	raymond ray
	rebecca becky becca
	richard rich rick dick
	robert rob bob bobby robbie
	ronald ron ronnie
	samantha sam
	stephen steven steve
	susan sue susie
	theodore theo teddy
	thomas tom tommy
	timothy tim
	victoria vicky tori
	vincent vince
	walter walt
	william bill will billy liam willy
	zachary zach zack
	johannes hannes hans
	sebastian basti
	maximilian max
	friedrich fritz
	wilhelm willi
	ulrich uli
	andreas andi
	stefan steffen
	francesco franco
	giuseppe beppe
	guillermo memo
	jose pepe
	francisco paco`

// longForms gives each short form its long one.
var longForms = func() map[string]string { //nolint:gochecknoglobals // a table
	out := map[string]string{}
	for line := range strings.Lines(shortNames) {
		forms := strings.Fields(line)
		for _, short := range forms {
			out[short] = forms[0]
		}
	}
	return out
}()

// longForm is the long form of a first name, which may be itself.
func longForm(first string) string {
	if long, ok := longForms[first]; ok {
		return long
	}
	return first
}
