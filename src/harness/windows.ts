/** Tokens that a model reads at most, prompt and answer together, as far as is known. A guess that is too low only cuts
 * old results early; one that is too high costs a refused request. */
export function windowOf(model: string): number {
  return /^claude-/.test(model) ? 200_000 : 100_000
}
