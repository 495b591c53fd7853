// Package rediscache shares between processes what may be lost at any moment: the counts of the rate limits, and answers that
// are dear to work out. Nothing in it is the truth about anything. When Redis is dead, slow or has been emptied, callers get the
// fallback's answer: slower, never wrong, never an error. It is logged once a minute.
package rediscache
