import { LRUCache } from 'lru-cache';
import type { SessionOwnership } from '../cluster/session-ownership.ts';
import { storeUnavailable, TenancyError, unheard } from '../errors.ts';
import { type Principal, samePrincipal } from '../identity/principal.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import { inTime } from './in-time.ts';
import type { Awaitable } from './session-store.ts';

/** Sessions of other processes that are remembered, and for how long: each of them says itself when it has one no more. */
const MAX_KNOWN = 10_000;
const KNOWN_MS = 60_000;

/** A session that another process serves. */
export class SessionElsewhere {
  readonly sessionId: string;
  readonly owner: string;

  constructor(sessionId: string, owner: string) {
    this.sessionId = sessionId;
    this.owner = owner;
  }
}

/** Which sessions this process may serve. One that is alone may serve all. */
export class SessionClaims {
  readonly #ownership: SessionOwnership | undefined;
  readonly #known = new LRUCache<string, { principal: Principal; elsewhere: SessionElsewhere }>({
    max: MAX_KNOWN,
    ttl: KNOWN_MS,
  });
  #lapses = 0;

  /** @param onLapsed - called when the sessions of this process may be those of others. */
  constructor(ownership: SessionOwnership | undefined, onLapsed: () => void) {
    this.#ownership = ownership;
    ownership?.onLapsed(() => {
      this.#lapses += 1;
      onLapsed();
    });
  }

  /** Whether this process may go on with its sessions. Where it may not, it has let go of all of them before this returns. */
  get held(): boolean {
    return this.#ownership?.held ?? true;
  }

  /** Does `work` with a session that nobody else knows of: at once where this process is alone. Throws what `work` throws, and rejects as {@link with}. */
  withNew<Result>(sessionId: string, work: () => Awaitable<Result>): Awaitable<Result> {
    return this.#ownership === undefined ? work() : this.#withNewOfFleet(sessionId, work);
  }

  async #withNewOfFleet<Result>(sessionId: string, work: () => Awaitable<Result>): Promise<Result> {
    const lapses = this.#lapses;
    await this.#acquire(sessionId);
    return this.#unlessLapsed(lapses, work);
  }

  /**
   * Does `work` with a session that is this process's own from now on, or tells where it is. Rejects with `store_unavailable`, also where it may have become another's
   * meanwhile.
   */
  async with<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result | SessionElsewhere> {
    const lapses = this.#lapses;
    const owner = await this.#acquire(sessionId);
    return owner === undefined ? this.#unlessLapsed(lapses, work) : new SessionElsewhere(sessionId, owner);
  }

  /** The other process that serves a session. Rejects with `store_unavailable`. */
  ownerOf(sessionId: string): Promise<string | undefined> {
    return this.#ask((ownership) => ownership.ownerOf(sessionId));
  }

  /** The session may go to another process. Never rejects. */
  release(sessionId: string): Promise<void> | undefined {
    return this.#ownership?.release(sessionId).catch(unheard);
  }

  /** As {@link release}, when `work` is done: at once where it is done already. Rejects as `work` does. */
  releaseAfter(work: unknown, sessionId: string): Promise<void> | undefined {
    return isPromiseLike(work) ? this.#releaseLater(work, sessionId) : this.release(sessionId);
  }

  /** Where a caller's session was found to be. */
  known(sessionId: string, principal: Principal): SessionElsewhere | undefined {
    const known = this.#known.get(sessionId);
    return known !== undefined && samePrincipal(known.principal, principal) ? known.elsewhere : undefined;
  }

  remember(elsewhere: SessionElsewhere, principal: Principal): void {
    this.#known.set(elsewhere.sessionId, { principal, elsewhere });
  }

  /** It is not there any more. */
  forget({ sessionId }: SessionElsewhere): void {
    this.#known.delete(sessionId);
  }

  async #releaseLater(work: PromiseLike<unknown>, sessionId: string): Promise<void> {
    try {
      await work;
    } finally {
      await this.release(sessionId);
    }
  }

  #acquire(sessionId: string): Promise<string | undefined> {
    return this.#ask((ownership) => ownership.acquire(sessionId));
  }

  async #unlessLapsed<Result>(lapses: number, work: () => Awaitable<Result>): Promise<Result> {
    const result = await work();
    if (lapses !== this.#lapses) throw storeUnavailable(new Error('The lease of this process is over'));
    return result;
  }

  async #ask(question: (ownership: SessionOwnership) => Promise<string | undefined>): Promise<string | undefined> {
    if (this.#ownership === undefined) return undefined;
    try {
      return await inTime(question(this.#ownership));
    } catch (error) {
      throw error instanceof TenancyError ? error : storeUnavailable(error);
    }
  }
}
