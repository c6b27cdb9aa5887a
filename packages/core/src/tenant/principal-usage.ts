import { limitReached } from '../errors.ts';
import { type Principal, principalKey } from '../identity/principal.ts';

/** An answer that goes on until it is done. */
interface OpenAnswer {
  readonly done: Promise<void>;
}

/** What one principal has going on in this process, in both eras. */
export class PrincipalUsage {
  /** Of the principal: see {@link principalKey}. */
  readonly key: string;
  /** How many keep it. */
  holders = 0;
  /** Sessions that are in this process now. */
  sessions = 0;
  /** Those that are being opened, in the order in which they began. */
  readonly opening = new Set<object>();
  #calls = 0;
  /** Absent while there never was one. */
  #streams: Set<OpenAnswer> | undefined;

  constructor(key: string) {
    this.key = key;
  }

  /** Counts requests that wait for an answer. Throws `call_limit`. */
  startCalls(requests: number, maxCalls: number): void {
    if (this.#calls + requests > maxCalls) throw limitReached('call_limit', { name: 'maxCalls', value: maxCalls });
    this.#calls += requests;
  }

  /** They are answered, or will not be. */
  endCalls(requests: number): void {
    this.#calls -= requests;
  }

  /** Counts a stream until `answer` is done. Throws `stream_limit`. `replaced`: what it takes over from. */
  addStream(answer: OpenAnswer, replaced: OpenAnswer | undefined, maxStreams: number): void {
    this.#streams ??= new Set();
    const streams = this.#streams;
    const others = streams.size - Number(replaced !== undefined && streams.has(replaced));
    if (others >= maxStreams) throw limitReached('stream_limit', { name: 'maxStreams', value: maxStreams });
    streams.add(answer);
    void answer.done.then(() => streams.delete(answer));
  }
}

/** What every principal has going on: one object for each, as long as anything holds it. */
export class PrincipalUsages {
  readonly #held = new Map<string, PrincipalUsage>();

  /** What the principal has going on. It is forgotten unless it is held. */
  of(principal: Principal): PrincipalUsage {
    const key = principalKey(principal);
    return this.#held.get(key) ?? new PrincipalUsage(key);
  }

  /** Keeps it until it is released as often. */
  hold(usage: PrincipalUsage): void {
    if (usage.holders === 0) this.#held.set(usage.key, usage);
    usage.holders += 1;
  }

  release(usage: PrincipalUsage): void {
    usage.holders -= 1;
    if (usage.holders === 0) this.#held.delete(usage.key);
  }
}
