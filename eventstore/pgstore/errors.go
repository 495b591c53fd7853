package pgstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/morket/morket/domain/kernel"
)

// SQLSTATEs with a meaning of their own (Postgres manual, appendix A).
const (
	codeNoPartition     = "23514" // no partition of log.events takes the row
	codeDeadlock        = "40P01"
	codeTooComplex      = "54001"
	codeLockTimeout     = "55P03"
	codeCanceled        = "57014" // statement_timeout, too
	classData           = "22"
	classLimits         = "54"
	classOutOfResources = "53"
)

func code(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code
	}
	return ""
}

// isNoPartition tells a row that no partition takes from one that a constraint refuses; both have the same SQLSTATE.
func isNoPartition(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == codeNoPartition && pe.ConstraintName == ""
}

// isOverload says whether the database was too busy or short of something; the appends themselves are not to blame.
func isOverload(err error) bool {
	c := code(err)
	return c == codeLockTimeout || c == codeCanceled || c == codeDeadlock || strings.HasPrefix(c, classOutOfResources)
}

// refused turns what the database said about one append into what its caller sees.
func refused(err error) error {
	c := code(err)
	if strings.HasPrefix(c, classData) || strings.HasPrefix(c, classLimits) {
		return kernel.E(kernel.KindInvalid, "VALIDATION_FAILED", "the database cannot store this").Because(err)
	}
	return fmt.Errorf("append to the log: %w", err)
}
