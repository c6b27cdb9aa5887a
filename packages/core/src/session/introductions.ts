import { LRUCache } from 'lru-cache';
import { principalKey } from '../identity/principal.ts';
import { callerOf, isMeant, type SessionFilter } from '../identity/session-filter.ts';
import type { InitializeResult } from '../protocol/lifecycle.ts';
import type { SessionRecord } from './session-record.ts';

/** How many are kept, and for how long. */
const MAX = 1_000;
const TTL_MS = 300_000;

/** How much later than that one may be forgotten, ms: so often the clock is looked at. */
const TTL_RESOLUTION_MS = 1_000;

/** What a server has said of itself. */
export interface Introduction {
  readonly result: InitializeResult;
  /** The same, as it is written. */
  readonly json: string;
}

interface Entry extends Introduction {
  readonly caller: SessionFilter;
}

/** What servers have answered to `initialize`, by caller, token and the revision that was asked for. */
export class Introductions {
  readonly #entries = new LRUCache<string, Entry>({
    max: MAX,
    ttl: TTL_MS,
    ttlResolution: TTL_RESOLUTION_MS,
  });

  /** What a server would say to the client of a session that is being opened. */
  known(record: SessionRecord): Introduction | undefined {
    return this.#entries.get(keyOf(record));
  }

  /** A server has said so to the client of a session. `asked`: the record as it was before. */
  keep(asked: SessionRecord, introduction: Introduction): void {
    this.#entries.set(keyOf(asked), { ...introduction, caller: callerOf(asked) });
  }

  /** Servers will say something else to those who are meant. */
  forget(filter: SessionFilter): void {
    for (const [key, { caller }] of this.#entries.entries()) if (isMeant(caller, filter)) this.#entries.delete(key);
  }
}

function keyOf({ principal, tokenDigest = '', protocolVersion }: SessionRecord): string {
  return `${protocolVersion} ${tokenDigest} ${principalKey(principal)}`;
}
