package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/projections"
)

// AppRole is the role that requests read as. It owns nothing, bypasses nothing and writes nothing; it can't log in, and is taken on
// by the user of DATABASE_URL.
const AppRole = "morket_app"

// Conditions of policies. A table with a column workspace_id has OfWorkspace unless its model says otherwise.
const (
	OfWorkspace = `workspace_id = current_setting('morket.workspace', true)`
	Nobodys     = `false` // what no request reads
)

// RoleError says why requests can't read as AppRole, and what an administrator of the database has to run.
type RoleError struct {
	Why string
	Run string
}

// Error implements error.
func (e *RoleError) Error() string {
	return fmt.Sprintf("%s; an administrator of the database has to run once: %s", e.Why, e.Run)
}

const (
	roleSQL = `SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb,
EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid) FROM pg_roles r WHERE r.rolname = $1`
	// Databases of one server share the role, so two may make it at the same moment.
	makeRoleSQL = `DO $$ BEGIN CREATE ROLE ` + AppRole + ` NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`
)

// insufficientPrivilege is SQLSTATE's insufficient_privilege.
const insufficientPrivilege = "42501"

func denied(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == insufficientPrivilege
}

// CheckRole reports how things stand with AppRole, without changing anything: nil, or a RoleError. missing tells that the role isn't
// there or may not be taken on, which EnsureRole may be able to mend.
func CheckRole(ctx context.Context, conn interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Begin(ctx context.Context) (pgx.Tx, error)
},
) (missing bool, err error) {
	var user string
	if err := conn.QueryRow(ctx, `SELECT current_user`).Scan(&user); err != nil {
		return false, err
	}
	var strong, owner bool
	err = conn.QueryRow(ctx, roleSQL, AppRole).Scan(&strong, &owner)
	grant := "GRANT " + AppRole + " TO " + quote(user)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return true, &RoleError{"the role " + AppRole + ", which requests read as, is missing", "CREATE ROLE " + AppRole + " NOLOGIN; " + grant}
	case err != nil:
		return false, err
	case strong:
		return false, &RoleError{
			"the role " + AppRole + ", which requests read as, may do more than it must",
			"ALTER ROLE " + AppRole + " NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB",
		}
	case owner:
		return false, &RoleError{
			"the role " + AppRole + ", which requests read as, owns tables",
			"REASSIGN OWNED BY " + AppRole + " TO " + quote(user),
		}
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, "SET LOCAL ROLE "+AppRole)
	if ended := tx.Rollback(ctx); err == nil {
		err = ended
	}
	if denied(err) {
		return true, &RoleError{"the user " + user + " may not take on the role " + AppRole + ", which requests read as", grant}
	}
	return false, err
}

// EnsureRole makes AppRole if it isn't there, and lets the pool's user take it on. Without the right to do so it is a RoleError.
func EnsureRole(ctx context.Context, pool *pgxpool.Pool) error {
	missing, why := CheckRole(ctx, pool)
	if !missing {
		return why
	}
	for _, sql := range []string{makeRoleSQL, "GRANT " + AppRole + " TO CURRENT_USER"} {
		if _, err := pool.Exec(ctx, sql); err != nil && !denied(err) && !concurrently(err) {
			return fmt.Errorf("make the role %s: %w", AppRole, err)
		}
	}
	_, why = CheckRole(ctx, pool)
	return why
}

// concurrently tells that another session changed the same entry of the catalogue at the same moment.
func concurrently(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "XX000" || pg.Code == "23505" || pg.Code == "42710")
}

// wallLock is the advisory lock under which the second wall is put up.
const wallLock = 0x6d6f726b65740003

// Protect puts every read model that is there behind the second wall: those of an installation that had none. A read model that is
// made later gets it as it is made. A table of an earlier version that the model no longer knows is closed to requests.
func (s *Store) Protect(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(wallLock)); err != nil {
			return err
		}
		for _, model := range s.models {
			for _, which := range []projections.Copy{projections.Live, projections.Next, projections.VerifyCopy} {
				if err := protect(ctx, tx, projections.Location{Projection: model.Name, Copy: which}, model, closed); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("put the read models behind row-level security: %w", err)
	}
	return nil
}

// GrantCheckpoints lets AppRole read how far the read models have come, and call what policies call.
func GrantCheckpoints(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(wallLock)); err != nil {
			return err
		}
		if readable, err := isReadable(ctx, tx, "projection"); err != nil || readable {
			return err
		}
		return exec(ctx, tx, "GRANT USAGE ON SCHEMA projection TO "+AppRole+"; GRANT SELECT ON projection.checkpoints TO "+AppRole)
	})
}

const unprotectedSQL = `SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id'
	AND NOT a.attisdropped),
c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`

// stranger is what becomes of a table to which the model's policies don't apply.
type stranger bool

const (
	refused stranger = false // it is an error: the model forgot it
	closed  stranger = true  // it is of an earlier version: no request may ask it, and learns so
)

// openTable is a table without a policy.
type openTable struct {
	name  string
	owned bool // it has a column workspace_id
}

// protect gives the tables of a place their policies, and AppRole the right to read what they show.
func protect(ctx context.Context, tx pgx.Tx, location projections.Location, model Model, others stranger) error {
	schema := SchemaOf(location)
	open, found, err := unprotected(ctx, tx, schema, model)
	if err != nil || !found {
		return err
	}
	readable, err := isReadable(ctx, tx, schema)
	if err != nil {
		return err
	}
	if !readable || len(open) > 0 { // what is made later, like the grid's tables, is readable too
		sql := fmt.Sprintf("GRANT USAGE ON SCHEMA %[1]s TO %[2]s; GRANT SELECT ON ALL TABLES IN SCHEMA %[1]s TO %[2]s;\n"+
			"ALTER DEFAULT PRIVILEGES IN SCHEMA %[1]s GRANT SELECT ON TABLES TO %[2]s;\n", quote(schema), AppRole)
		if err := exec(ctx, tx, sql); err != nil {
			return err
		}
	}
	for _, t := range open {
		if err := t.protect(ctx, tx, location, model, others); err != nil {
			return err
		}
	}
	return nil
}

// unprotected lists the tables of a schema that lack a policy; found tells whether it has tables at all.
func unprotected(ctx context.Context, tx pgx.Tx, schema string, model Model) (open []openTable, found bool, err error) {
	rows, err := tx.Query(ctx, unprotectedSQL, schema)
	if err != nil {
		return nil, false, err
	}
	var t openTable
	var done bool
	_, err = pgx.ForEachRow(rows, []any{&t.name, &t.owned, &done}, func() error {
		found = true
		if !done && (model.Apart == nil || !model.Apart(t.name)) {
			open = append(open, t)
		}
		return nil
	})
	return open, found, err
}

// protect gives the table its policy. The policies of a later version may name tables that an earlier one doesn't have.
func (t openTable) protect(ctx context.Context, tx pgx.Tx, location projections.Location, model Model, others stranger) error {
	name := quote(SchemaOf(location), t.name)
	condition, ok := model.Policies[t.name]
	if !ok && t.owned {
		condition, ok = OfWorkspace, true
	}
	var err error
	if ok {
		err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return execIn(ctx, tx, location, policySQL(name, condition)) })
	}
	switch {
	case ok && (err == nil || !swapped(err) || others == refused):
		return err
	case others == refused:
		return fmt.Errorf("the model doesn't say whose the rows of %s.%s are", SchemaOf(location), t.name)
	}
	return exec(ctx, tx, policySQL(name, Nobodys)+fmt.Sprintf("REVOKE SELECT ON %s FROM %s;\n", name, AppRole))
}

func policySQL(table, condition string) string {
	return fmt.Sprintf("ALTER TABLE %[1]s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"+
		"DROP POLICY IF EXISTS owner ON %[1]s; CREATE POLICY owner ON %[1]s TO CURRENT_USER USING (true) WITH CHECK (true);\n"+
		"DROP POLICY IF EXISTS workspace ON %[1]s; CREATE POLICY workspace ON %[1]s FOR SELECT TO %[2]s USING (%[3]s);\n", table, AppRole,
		condition)
}

func isReadable(ctx context.Context, tx pgx.Tx, schema string) (bool, error) {
	var readable bool
	err := tx.QueryRow(ctx, `SELECT has_schema_privilege($1, $2, 'USAGE')`, AppRole, schema).Scan(&readable)
	return readable, err
}
