/** The columns of a lead in which words are looked for. */
const fields = ["name", "title", "company", "email", "location"]

// `concat_ws` would read better, but as it is not immutable the server would begin a function of its own for every row, which takes four
// times as long.
const text = fields.map((field) => `coalesce(${field}, '')`).join(" || ' ' || ")

/** Full-text search over leads: an index over an expression, so that no text is stored twice and a deleted row is forgotten wholly. New
 * words go into it at once: a list of those that wait would be read through by every search.
 * `schema` is quoted, `lower` is the collation that knows small letters of every script. */
export function searchSql(schema: string, lower: string): string {
  return `
CREATE OR REPLACE FUNCTION ${schema}.giant_words(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(left(word, 100)), '{}') FROM unnest(regexp_split_to_array(
    lower(regexp_replace(normalize(said, NFD), U&'[\\0300-\\036F]+', '', 'g') COLLATE ${lower}), '${separators()}')) AS word
  WHERE word <> ''
$$;
CREATE OR REPLACE FUNCTION ${schema}.giant_lead_words(${fields.map((field) => `${field} text`).join(", ")}) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(${schema}.giant_words(${text}))
$$;
CREATE OR REPLACE FUNCTION ${schema}.giant_query(said text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg('''' || word || ''':*', ' & ')::tsquery FROM unnest(${schema}.giant_words(said)) AS word
$$;
CREATE INDEX IF NOT EXISTS leads_words ON ${schema}.leads USING gin (${schema}.giant_lead_words(${fields.join(", ")}))
  WITH (fastupdate = off);`
}

/** Whatever is no letter and no digit, as a pattern: the server's own idea of it depends on its locale. */
function separators(): string {
  const isSeparator = (code: number) => !/[\p{L}\p{N}\p{M}\p{Co}\p{Cs}\p{Cn}]/u.test(String.fromCodePoint(code))
  const ranges: string[] = []
  const written = (code: number) => `\\U${code.toString(16).padStart(8, "0")}`
  for (let code = 1; code <= 0x1faff; code += 1) {
    if (!isSeparator(code)) continue
    const first = code
    while (isSeparator(code + 1)) code += 1
    ranges.push(first === code ? written(first) : `${written(first)}-${written(code)}`)
  }
  return `[${ranges.join("")}]+`
}
