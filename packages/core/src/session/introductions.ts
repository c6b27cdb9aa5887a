import { LRUCache } from 'lru-cache';
import { principalKey } from '../identity/principal.ts';
import { callerOf, isMeant, type SessionFilter } from '../identity/session-filter.ts';
import type { InitializeResult } from '../protocol/lifecycle.ts';
import type { SessionRecord } from './session-record.ts';

/** How many are kept, and for how long. */
const MAX = 1_000;
const TTL_MS = 300_000;

interface Entry {
  readonly caller: SessionFilter;
  readonly introduction: InitializeResult;
}

/** What servers have answered to `initialize`, by caller, token and the revision that was asked for. */
export class Introductions {
  readonly #entries = new LRUCache<string, Entry>({ max: MAX, ttl: TTL_MS });

  /** What a server would say to the client of a session that is being opened. */
  known(record: SessionRecord): InitializeResult | undefined {
    return this.#entries.get(keyOf(record))?.introduction;
  }

  /** A server has said so to the client of a session. `asked`: the record as it was before. */
  keep(asked: SessionRecord, introduction: InitializeResult): void {
    this.#entries.set(keyOf(asked), { caller: callerOf(asked), introduction });
  }

  /** Servers will say something else to those who are meant. */
  forget(filter: SessionFilter): void {
    for (const [key, { caller }] of this.#entries.entries()) if (isMeant(caller, filter)) this.#entries.delete(key);
  }
}

function keyOf({ principal, tokenDigest = '', protocolVersion }: SessionRecord): string {
  return `${protocolVersion} ${tokenDigest} ${principalKey(principal)}`;
}
