package dedupsample

import "strings"

//nolint:gochecknoglobals // tables
var (
	firstNames = strings.Fields(`James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
		Jessica Thomas Sarah Christopher Karen Charles Lisa Daniel Nancy Matthew Betty Anthony Margaret Mark Sandra Donald Ashley Steven
		Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Dorothy George Melissa Timothy Deborah Ronald
		Stephanie Jason Rebecca Edward Sharon Jeffrey Laura Ryan Cynthia Jacob Amy Nicholas Kathleen Gary Angela Eric Shirley Jonathan Anna
		Maria Mario Julia Julian Hans Greta Lena Jonas Felix Nora Sofia Luca Elena Pavel Ivan Olga Yusuf Aisha Kenji Yuki Wei Mei Arjun Priya`)
	lastNames = strings.Fields(`Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
		Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen
		King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Keller Kellner Meyer
		Meier Schmidt Schmitt Fischer Weber Wagner Becker Hoffmann Schulz Koch Bauer Richter Klein Wolf Schroeder Neumann Schwarz Zimmermann
		Braun Hofmann Hartmann Lange Krause Lehmann Kowalski Novak Horvat Rossi Russo Ferrari Bianchi Dubois Moreau Laurent Olsen Hansen`)
	trades = strings.Fields(`Software Systems Logistics Foods Capital Energy Labs Consulting Media Robotics Analytics Health Partners Studios
		Materials Networks Motors Insurance Pharma Travel`)
	forms  = []string{"Inc.", "Ltd", "LLC", "GmbH", "AG", "Corp.", "SA", "PLC", "B.V.", "S.r.l."}
	mails  = []string{"gmail.com", "yahoo.com", "outlook.com", "gmx.de"}
	begins = strings.Fields("b br c cr d dr f fl g gr h j k kl l m n p pl qu r s st t tr v w z")
	vowels = strings.Fields("a e i o u ai ea ou")
	ends   = strings.Fields("n r l s t x nd rk lt m ck ss rn")
	shorts = map[string]string{
		"James": "Jim", "Robert": "Bob", "Patricia": "Pat", "Michael": "Mike", "Elizabeth": "Liz", "William": "Bill", "Richard": "Rick",
		"Joseph": "Joe", "Thomas": "Tom", "Christopher": "Chris", "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony", "Steven": "Steve",
		"Timothy": "Tim", "Edward": "Ed", "Nicholas": "Nick", "Rebecca": "Becky", "Margaret": "Peggy", "Kenneth": "Ken",
	}
)
