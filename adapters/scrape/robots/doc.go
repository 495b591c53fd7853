// Package robots reads robots.txt by RFC 9309 and says what a crawler may ask for.
//
// It is ours: temoto/robotstxt lets Disallow win a tie, matches a product token as a prefix of others', takes percent-encodings
// literally, and answers 429 as if all were allowed.
package robots
