import { Grouped } from '../grouped.ts';
import { type Caller, isMeant, type SessionFilter } from '../identity/session-filter.ts';

/** What the client of a call is told that was ended before its server had answered. */
export const ENDED = 'The request was ended by the server';

/** A request that is being answered. */
export interface ActiveRequest {
  /** Whose it is. */
  readonly caller: Caller;
  /** Ends it: what it has not said yet will not be said. */
  end(): void;
}

/** What is going on. */
export class ActiveRequests<Request extends ActiveRequest = ActiveRequest> {
  readonly #requests = new Set<Request>();
  readonly #byTenant = new Grouped<Request>();
  #onQuiet: (() => void) | undefined;

  get size(): number {
    return this.#requests.size;
  }

  /** It goes on until `done` settles. */
  add(request: Request, done: Promise<void>): void {
    const { tenantId } = request.caller;
    this.#requests.add(request);
    this.#byTenant.add(tenantId, request);
    void done.then(() => {
      this.#requests.delete(request);
      this.#byTenant.delete(tenantId, request);
      if (this.#requests.size === 0) this.#onQuiet?.();
    });
  }

  /** Those that are meant. */
  of(filter: SessionFilter): Request[] {
    const { tenantId } = filter;
    const some = tenantId === undefined ? this.#requests : this.#byTenant.of(tenantId);
    return [...some].filter(({ caller }) => isMeant(caller, filter));
  }

  /** Ends those that are meant; returns how many they were. */
  end(filter: SessionFilter): number {
    const meant = this.of(filter);
    for (const request of meant) request.end();
    return meant.length;
  }

  /** Settles when nothing goes on any more, or the time is over. */
  async quiet(deadlineMs: number): Promise<void> {
    if (this.#requests.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs).unref();
      this.#onQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
