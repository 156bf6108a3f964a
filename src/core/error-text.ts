/** @returns what was thrown, in words: anything can be, not only an error. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
