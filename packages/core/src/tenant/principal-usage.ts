import { limitReached } from '../errors.ts';
import { type Principal, principalKey } from '../identity/principal.ts';

/** An answer that goes on until it is done. */
interface OpenAnswer {
  readonly done: Promise<void>;
}

/** What one principal has going on in this process, in both eras. */
export class PrincipalUsage {
  /** Sessions that are in this process now. */
  sessions = 0;
  /** Those that are being opened, in the order in which they began. */
  readonly opening = new Set<object>();
  #calls = 0;
  readonly #streams = new Set<OpenAnswer>();

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
    const others = this.#streams.size - Number(replaced !== undefined && this.#streams.has(replaced));
    if (others >= maxStreams) throw limitReached('stream_limit', { name: 'maxStreams', value: maxStreams });
    this.#streams.add(answer);
    void answer.done.then(() => this.#streams.delete(answer));
  }
}

/** What every principal has going on: one object for each, as long as anything holds it. */
export class PrincipalUsages {
  readonly #held = new Map<string, { readonly usage: PrincipalUsage; holders: number }>();

  /** What the principal has going on. It is forgotten unless it is held. */
  of(principal: Principal): PrincipalUsage {
    return this.#held.get(principalKey(principal))?.usage ?? new PrincipalUsage();
  }

  /** Keeps it until it is released as often. */
  hold(principal: Principal, usage: PrincipalUsage): void {
    const key = principalKey(principal);
    const held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, { usage, holders: 1 });
    else held.holders += 1;
  }

  release(principal: Principal): void {
    const key = principalKey(principal);
    const held = this.#held.get(key);
    if (held === undefined) return;
    held.holders -= 1;
    if (held.holders === 0) this.#held.delete(key);
  }
}
