/** A whole number from 1 to `max`, or `fallback` where none is given. Throws a `TypeError` that names the option. */
export function readWholeNumber(
  option: string,
  value: number | undefined,
  fallback: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TypeError(`${option} must be a whole number from 1 to ${max}, got ${String(value)}`);
}
