import { Writable } from 'node:stream';

/** A line of a pino log. */
export type LogLine = Record<string, unknown> & { readonly msg: string; readonly level: number };

/** Collects what an app logs: `fastify({ logger: log.options })`. */
export class LogLines {
  readonly #text: string[] = [];
  readonly options: { level: string; stream: Writable };

  constructor(level = 'trace') {
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        this.#text.push(String(chunk));
        done();
      },
    });
    this.options = { level, stream };
  }

  get text(): string {
    return this.#text.join('');
  }

  get lines(): LogLine[] {
    return this.#text.map((line) => JSON.parse(line));
  }

  /** The status of each request that was completed. */
  get statuses(): unknown[] {
    const completed = this.lines.filter(({ msg }) => msg === 'request completed');
    return completed.map(({ res }) => (res as { statusCode: number }).statusCode);
  }
}
