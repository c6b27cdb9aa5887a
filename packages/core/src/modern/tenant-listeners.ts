import { limitReached } from '../errors.ts';
import { Grouped } from '../grouped.ts';
import { isMeant, type SessionFilter } from '../identity/session-filter.ts';
import type { ActiveRequest } from '../transport/active-requests.ts';
import { asksFor, type ChangeEvent } from './change-events.ts';

/** A client that listens for changes (`subscriptions/listen`). */
export interface Listener extends ActiveRequest {
  /** What it has asked for. */
  readonly params: unknown;
  /** Tells it, if the change is one of those. */
  tell(change: ChangeEvent): void;
}

/** Who listens for changes. A change of one tenant reaches the listeners of that tenant and no others. */
export class TenantListeners {
  readonly #maxPerTenant: number;
  readonly #listeners = new Set<Listener>();
  readonly #byTenant = new Grouped<Listener>();

  /** @param maxPerTenant - listeners of one tenant. */
  constructor(maxPerTenant: number) {
    this.#maxPerTenant = maxPerTenant;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** One more listens, until `done` settles. Throws `stream_limit`. */
  add(listener: Listener, done: Promise<void>): void {
    const { tenantId } = listener.caller;
    if (this.#of({ tenantId }).length >= this.#maxPerTenant) {
      throw limitReached('stream_limit', { name: 'modern.maxListeners', value: this.#maxPerTenant });
    }
    this.#listeners.add(listener);
    this.#byTenant.add(tenantId, listener);
    void done.then(() => {
      this.#listeners.delete(listener);
      this.#byTenant.delete(tenantId, listener);
    });
  }

  /** Tells those who are meant and have asked for it; returns how many they are. */
  tell(filter: SessionFilter, change: ChangeEvent): number {
    const asking = this.#of(filter).filter(({ params }) => asksFor(params, change));
    for (const listener of asking) listener.tell(change);
    return asking.length;
  }

  /** Ends those who are meant. */
  end(filter: SessionFilter): void {
    for (const listener of this.#of(filter)) listener.end();
  }

  #of(filter: SessionFilter): Listener[] {
    const { tenantId } = filter;
    const some = tenantId === undefined ? this.#listeners : this.#byTenant.of(tenantId);
    return [...some].filter(({ caller }) => isMeant(caller, filter));
  }
}
