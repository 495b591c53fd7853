-- +goose Up

-- The questions that policies ask of other read models. They find them by name at each call: a policy that named them itself would be
-- dropped with the copy that a rebuild replaces.
-- +goose StatementBegin
CREATE FUNCTION projection.reads_table(id text) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM rm_grid.tables t WHERE t.table_id = id AND t.workspace_id = current_setting('morket.workspace', true));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION projection.is_member(id text) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM rm_workspace.members m WHERE m.user_id = id AND m.workspace_id = current_setting('morket.workspace', true));
END $$;
-- +goose StatementEnd
