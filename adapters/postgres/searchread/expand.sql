-- Version 3 is behind row-level security.
CREATE OR REPLACE VIEW own_rows AS SELECT * FROM rows WHERE workspace_id = current_setting('morket.workspace', true) OR current_user <> 'morket_app';
CREATE OR REPLACE VIEW own_terms AS SELECT * FROM terms WHERE workspace_id = current_setting('morket.workspace', true) OR current_user <> 'morket_app';
