/** Throws a `TypeError` that names the option unless `value` is an object with none but the known options. */
export function assertOptions(option: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${option} must be an object, got ${String(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`Unknown option '${unknown}' in ${option}: it takes ${known.join(', ')}`);
  }
}
