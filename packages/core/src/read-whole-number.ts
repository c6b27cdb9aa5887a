/** The longest time that Node's timers take, ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** A whole number from 1 to `max`, or `fallback` where none is given. Throws a `TypeError` that names the option. */
export function readWholeNumber<Fallback extends number | undefined>(
  option: string,
  value: number | undefined,
  fallback: Fallback,
  max = Number.MAX_SAFE_INTEGER,
): number | Fallback {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TypeError(`${option} must be a whole number from 1 to ${max}, got ${String(value)}`);
}
