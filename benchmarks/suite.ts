import type { Circumstances } from './circumstances.ts';

/** What a suite has found. */
export interface Report {
  readonly markdown: string;
  /** An SVG. */
  readonly picture?: string;
}

/** Something that can be measured by its name. */
export interface Suite {
  /** Name of its files in `results/`. Default: its own. */
  readonly file?: string;
  run(circumstances: Circumstances): Promise<Report>;
}
