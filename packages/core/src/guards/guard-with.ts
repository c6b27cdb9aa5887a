/** The part of a schema that is guarded. */
export interface Guarded {
  safeParse(value: unknown, params?: unknown): { readonly success: boolean };
}

/**
 * Lets `schema.safeParse` refuse an object without `key` at once, if its answers to all `samples` stay what they are; returns what undoes it. Throws
 * otherwise, and has changed nothing then.
 */
export function guardWith(schema: Guarded, key: string, samples: readonly unknown[]): () => void {
  const original = schema.safeParse;
  const parse: Guarded['safeParse'] = (value, params) => original.call(schema, value, params);
  const answers = samples.map((sample) => parse(sample).success);
  if (!answers.includes(true)) throw new Error(`the schema with '${key}' takes none of the samples`);
  schema.safeParse = (value, params) =>
    params === undefined && typeof value === 'object' && value !== null && !(key in value)
      ? new Refusal(parse, value)
      : parse(value, params);
  const restore = () => {
    schema.safeParse = original;
  };
  const changed = samples.some((sample, index) => schema.safeParse(sample).success !== answers[index]);
  if (!changed) return restore;
  restore();
  throw new Error(`the schema with '${key}' would answer differently`);
}

/** A failed parse whose error is made for those who look at it. */
class Refusal {
  readonly success = false;
  readonly #parse: Guarded['safeParse'];
  readonly #value: object;

  constructor(parse: Guarded['safeParse'], value: object) {
    this.#parse = parse;
    this.#value = value;
  }

  get error(): unknown {
    return Reflect.get(this.#parse(this.#value), 'error');
  }
}
