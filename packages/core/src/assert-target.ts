/**
 * Throws a `TypeError` unless every property that is there is a non-empty string: a name that could not be found must not become everybody.
 */
export function assertTarget(option: string, target: object): void {
  for (const [name, value] of Object.entries(target)) {
    if (typeof value === 'string' && value !== '') continue;
    throw new TypeError(`${option}.${name} must be a non-empty string, got ${JSON.stringify(value)}`);
  }
}
