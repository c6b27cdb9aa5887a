import { type Principal, principalKey } from '../identity/principal.ts';
import type { LiveSession } from './live-session.ts';

/** The sessions of this process, by id and by principal. */
export class SessionTable {
  readonly #byId = new Map<string, LiveSession>();
  readonly #byPrincipal = new Map<string, Set<LiveSession>>();

  /** How many sessions there are. */
  get size(): number {
    return this.#byId.size;
  }

  get(sessionId: string): LiveSession | undefined {
    return this.#byId.get(sessionId);
  }

  /** All sessions, oldest first. A copy: sessions may come and go while it is read. */
  all(): LiveSession[] {
    return [...this.#byId.values()];
  }

  /** The sessions of one principal, oldest first. */
  of(principal: Principal): readonly LiveSession[] {
    return [...(this.#byPrincipal.get(principalKey(principal)) ?? [])];
  }

  add(session: LiveSession): void {
    const { id, principal } = session.record;
    const key = principalKey(principal);
    this.#byId.set(id, session);
    const own = this.#byPrincipal.get(key) ?? new Set();
    this.#byPrincipal.set(key, own.add(session));
  }

  /** `false` where it had been removed before. */
  remove(session: LiveSession): boolean {
    const { id, principal } = session.record;
    const key = principalKey(principal);
    const own = this.#byPrincipal.get(key);
    own?.delete(session);
    if (own?.size === 0) this.#byPrincipal.delete(key);
    return this.#byId.delete(id);
  }
}
