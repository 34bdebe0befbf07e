/** Reading values out of columns of JSON. `schema` is quoted. What JSON may say and Postgres cannot hold (NUL, half of a pair) is read
 * as U+FFFD. */
export function jsonSql(schema: string): string {
  const make = (head: string, body: string) =>
    `CREATE OR REPLACE FUNCTION ${schema}.${head} IMMUTABLE PARALLEL SAFE AS $$ ${body} $$;`
  return [
    make(
      "giant_json(said text) RETURNS jsonb LANGUAGE plpgsql",
      `BEGIN
  RETURN said::jsonb;
EXCEPTION WHEN others THEN
  BEGIN
    RETURN regexp_replace(said, '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\\\ufffd', 'g')::jsonb;
  EXCEPTION WHEN others THEN
    RETURN NULL;
  END;
END`,
    ),
    // True and false are 1 and 0, as SQLite's functions say.
    make(
      "giant_text(said jsonb) RETURNS text LANGUAGE sql",
      `SELECT CASE jsonb_typeof(said) WHEN 'boolean' THEN (said::bool)::int::text ELSE said #>> '{}' END COLLATE "C"`,
    ),
    make(
      "giant_number(said text) RETURNS float8 LANGUAGE sql",
      `SELECT CASE WHEN said ~ '^-?[0-9]*[.]?[0-9]+$' AND length(said) < 300 THEN said::float8 END`,
    ),
    make("giant_numbers(list text) RETURNS TABLE (value bigint, key bigint) LANGUAGE sql", itemsAs("bigint")),
    make("giant_texts(list text) RETURNS TABLE (value text, key bigint) LANGUAGE sql", itemsAs("text")),
    make("giant_order(said text) RETURNS text LANGUAGE sql", order),
  ].join("\n")
}

function itemsAs(type: string): string {
  return `SELECT item.value::${type}, item.key FROM json_array_elements_text(list::json) WITH ORDINALITY AS item (value, key)`
}

/** Numbers as texts of the same order, before all other texts; the digits of those below zero are turned round. */
const order = `
SELECT CASE
  WHEN said ~ '^[0-9]{1,40}([.][0-9]+)?$' THEN ' ' || lpad(split_part(said, '.', 1), 40, '0') || '.' || split_part(said, '.', 2)
  WHEN said ~ '^-[0-9]{1,40}([.][0-9]+)?$' THEN E'\\t' ||
    translate(lpad(substr(split_part(said, '.', 1), 2), 40, '0') || '.' || split_part(said, '.', 2), '0123456789', '9876543210') || '~'
  ELSE said END COLLATE "C"`
