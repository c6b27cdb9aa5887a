import { limitReached } from '../errors.ts';
import type { ResponseSink } from '../transport/response-sink.ts';

/** What one principal has going on in this process. */
export class PrincipalUsage {
  /** Sessions that are in this process now. */
  sessions = 0;
  /** Those that are being opened, in the order in which they began. */
  readonly opening = new Set<object>();
  #calls = 0;
  readonly #streams = new Set<ResponseSink>();

  /** Counts requests that wait for an answer. Throws `call_limit`. */
  startCalls(requests: number, maxCalls: number): void {
    if (this.#calls + requests > maxCalls) throw limitReached('call_limit', { name: 'maxCalls', value: maxCalls });
    this.#calls += requests;
  }

  /** They are answered, or will not be. */
  endCalls(requests: number): void {
    this.#calls -= requests;
  }

  /** Counts a stream until `sink` is done. Throws `stream_limit`. `replaced`: what it takes over from. */
  addStream(sink: ResponseSink, replaced: ResponseSink | undefined, maxStreams: number): void {
    const others = this.#streams.size - Number(replaced !== undefined && this.#streams.has(replaced));
    if (others >= maxStreams) throw limitReached('stream_limit', { name: 'maxStreams', value: maxStreams });
    this.#streams.add(sink);
    void sink.done.then(() => this.#streams.delete(sink));
  }
}
