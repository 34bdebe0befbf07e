import { journalled } from "../tables.ts"

/** The transaction's setting that names the changeset under which it writes. Empty: the actor is `outside`. */
export const changesetSetting = "giant.changeset"
/** From here on the transaction's rows are copies, whose journal is copied too. */
export const copiedSetting = `SELECT set_config('${changesetSetting}', 'copied', true)`

const now = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** The statements that make Postgres itself journal every change of every journalled table, whichever program makes it. `schema` is
 * quoted: who changes a row from outside may look for tables elsewhere. */
export function journalSql(schema: string): string {
  return [
    journalFunction(schema),
    beginFunction(schema),
    endFunction(schema),
    ...journalled.map((name) => trigger(schema, name)),
  ].join("\n")
}

function journalFunction(schema: string): string {
  return `
CREATE OR REPLACE FUNCTION ${schema}.giant_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  setting text := current_setting('${changesetSetting}', true);
  changeset bigint;
  row_id bigint;
  was jsonb;
  old_values text;
  new_values text;
BEGIN
  IF setting = 'copied' THEN
    RETURN NULL;
  END IF;
  changeset := nullif(setting, '')::bigint;
  IF TG_OP = 'INSERT' THEN
    row_id := NEW.id;
    new_values := row_to_json(NEW)::text;
  ELSIF TG_OP = 'DELETE' THEN
    row_id := OLD.id;
    old_values := row_to_json(OLD)::text;
  ELSE
    IF NEW IS NOT DISTINCT FROM OLD THEN
      RETURN NULL;
    END IF;
    row_id := NEW.id;
    was := to_jsonb(OLD);
    SELECT jsonb_object_agg(key, was -> key)::text, jsonb_object_agg(key, value)::text INTO old_values, new_values
      FROM jsonb_each(to_jsonb(NEW)) WHERE value <> was -> key;
  END IF;
  IF changeset IS NULL THEN
    INSERT INTO ${schema}.changesets (actor, kind, created_at) VALUES ('outside', 'edit', ${now}) RETURNING id INTO changeset;
  END IF;
  INSERT INTO ${schema}.changes (changeset_id, table_name, row_id, op, before, after, created_at)
    VALUES (changeset, TG_TABLE_NAME, row_id, lower(TG_OP), old_values, new_values, ${now});
  RETURN NULL;
END $$;`
}

/** Begins a change: the changeset that is named, the run's open one, or a new one. What was taken back is closed: what the run does from
 * then on is a changeset of its own, which can be taken back too. */
function beginFunction(schema: string): string {
  return `
CREATE OR REPLACE FUNCTION ${schema}.giant_begin(wanted bigint, who text, what text, run bigint, takes_back bigint, said text, at text,
  OUT id bigint, OUT is_new bigint) LANGUAGE plpgsql AS $$
BEGIN
  id := wanted;
  IF id IS NULL AND what = 'run' AND run IS NOT NULL THEN
    SELECT own.id INTO id FROM ${schema}.changesets AS own WHERE own.run_id = run AND own.kind = 'run'
      AND NOT EXISTS (SELECT 1 FROM ${schema}.changesets AS undo WHERE undo.undoes = own.id) ORDER BY own.id DESC LIMIT 1;
  END IF;
  is_new := (id IS NULL)::int;
  IF id IS NULL THEN
    INSERT INTO ${schema}.changesets (actor, kind, run_id, undoes, note, created_at)
      VALUES (who, what, run, takes_back, said, at) RETURNING changesets.id INTO id;
  END IF;
  PERFORM set_config('${changesetSetting}', id::text, true);
END $$;`
}

/** Ends a change. A new changeset that nothing came of is dropped. */
function endFunction(schema: string): string {
  return `
CREATE OR REPLACE FUNCTION ${schema}.giant_end(changeset bigint, is_new bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('${changesetSetting}', '', true);
  IF is_new = 1 AND NOT EXISTS (SELECT 1 FROM ${schema}.changes WHERE changeset_id = changeset) THEN
    DELETE FROM ${schema}.changesets WHERE id = changeset;
  END IF;
END $$;`
}

function trigger(schema: string, table: string): string {
  return `
CREATE OR REPLACE TRIGGER giant_journal AFTER INSERT OR UPDATE OR DELETE ON ${schema}.${table}
  FOR EACH ROW EXECUTE FUNCTION ${schema}.giant_journal();`
}
