/** The bearer tokens of the load: one session is opened with each. */
export const tokens: readonly string[] = Array.from({ length: 8 }, (_, index) => `benchmark-token-${index}`);
