/**
 * A text as a column keeps it: distinct texts have distinct keys, and {@link textFromKey} gives them back. Half surrogate pairs would all become
 * the same character in UTF-8, and Node.js 22 reads a text only up to its first NUL.
 */
export function keyFromText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The text of a key. */
export function textFromKey(key: string): string {
  return key.includes('\\') ? JSON.parse(`"${key}"`) : key;
}
