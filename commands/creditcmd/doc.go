// Package creditcmd changes the credit ledger: grants, caps, and what runs reserve, pay and give back.
package creditcmd
