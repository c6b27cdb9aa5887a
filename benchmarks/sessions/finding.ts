/** Something that was measured, beside what it must be. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  /** Absent where nothing is demanded. */
  readonly met?: boolean;
}

/** A finding that must be at most `bar`. */
export function atMost(what: string, value: number, bar: number, write: (value: number) => string): Finding {
  return { what, measured: write(value), bar: `≤ ${write(bar)}`, met: value <= bar };
}

/** A finding that must be exactly `bar`. */
export function exactly(what: string, value: number, bar: number): Finding {
  return { what, measured: String(value), bar: String(bar), met: value === bar };
}

/** A finding that nothing is demanded of. */
export function printed(what: string, measured: string): Finding {
  return { what, measured, bar: '–' };
}

/** Bytes in kilobytes of 1,024. */
export function kilobytes(bytes: number): string {
  return `${(bytes / 1_024).toFixed(2)} KB`;
}

/** Bytes in megabytes of 1,000,000. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Milliseconds. */
export function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
