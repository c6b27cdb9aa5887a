/** A tool's result with one text: a string as it is, anything else as JSON. */
export function textResult(value: unknown) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return { content: [{ type: 'text' as const, text }] };
}

/** A tool's refusal. It is a result, not an exception: the caller reads it and can do better. */
export function refusal(reason: string) {
  return { ...textResult(reason), isError: true };
}
