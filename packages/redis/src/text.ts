/** A text as Redis keeps it: UTF-8 has no half surrogate pairs. {@link decodeText} gives it back. */
export function encodeText(text: string): string {
  return text.isWellFormed() && !text.startsWith('\0') ? text : `\0${JSON.stringify(text)}`;
}

/** The text that was encoded. */
export function decodeText(encoded: string): string {
  return encoded.startsWith('\0') ? JSON.parse(encoded.slice(1)) : encoded;
}
