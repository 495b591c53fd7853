package domainfrom

import "strings"

func wordSet(lists ...string) map[string]bool {
	out := map[string]bool{}
	for _, list := range lists {
		for w := range strings.FieldsSeq(list) {
			out[w] = true
		}
	}
	return out
}

// frames are words at the end of a name that say what kind of owner it is; domains mostly leave them out.
var frames = wordSet( //nolint:gochecknoglobals // a constant table
	"holding holdings group groupe grupo gruppe groep koncernen corporation corp company companies co inc incorporated limited ltd plc",
	"international internacional internazionale global worldwide", //nolint:misspell // Spanish
	"enterprises enterprise ventures partners associates trust bancorp bancshares bancorporation",
	"ag se sa nv ab publ asa oyj abp as spa tbk persero berhad bhd kgaa sab cv de pjsc jsc psc qpsc bm ltda",
)

// trades are words at the end of a name that say what it does; domains leave them out more often than not.
var trades = wordSet( //nolint:gochecknoglobals // a constant table
	"technology technologies tech industries industry industrial pharmaceuticals pharmaceutical pharma therapeutics biosciences bioscience",
	"biotech biotechnology sciences science laboratories laboratory labs lab healthcare health medical systems system solutions services "+
		"service software",
	"networks network communications communication telecommunications telecom media entertainment financial finance insurance assurance "+
		"capital investments investment",
	"management asset assets properties property realty estate reit residential communities infrastructure",
	"energy power petroleum oil gas resources mining metals gold materials chemicals chemical cement steel paper packaging foods food "+
		"beverage beverages brands products",
	"consumer goods stores retail markets market motors motor automotive aerospace aviation airlines airways air lines shipping logistics "+
		"transport transportation",
	"electronics electric electrical semiconductor semiconductors microsystems instruments manufacturing engineering construction "+
		"equipment machinery tools works",
	"computer computers data digital interactive online platforms platform robotics",
	"bank banking banco banque banka bankasi securities exchange",
	"restaurants resorts hotels cruise fashion apparel athletica joinery paints aluminium",
	"sistemas energia energias energie energetica telecomunicaciones hizmetleri sanayi ticaret bankacilik",
)

// links are words that join others; they have no initial and begin no name.
var links = wordSet( //nolint:gochecknoglobals // a constant table
	"and und et y e og och en i of the de del della di da do das la le les el los il der die das van von für fur for ve and at",
)

// heads are words before a name that a company's domain mostly leaves out.
var heads = wordSet( //nolint:gochecknoglobals // a constant table
	"the koninklijke royal grupo group groupe pt compagnie compania banco",
)

// private are the legal forms of companies that are on no exchange; their domains are more often those of their country.
var private = wordSet( //nolint:gochecknoglobals // a constant table
	"gmbh mbh ug kg ohg gbr ek sarl sas sasu eurl bv vof srl srls snc sl slu sll aps oy sro doo kft bt spzoo oou sia uab ooo too",
	"pty proprietary pvt private lda ltda eirl",
)
