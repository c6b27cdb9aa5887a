import { serverUnavailable, temporarilyUnavailable, UnavailableError, unheard } from '../errors.ts';
import { type Caller, callerOf } from '../identity/session-filter.ts';
import { type ActiveRequest, ENDED } from '../transport/active-requests.ts';
import type { CallerRequest } from '../transport/caller-request.ts';
import { withinTime } from '../within-time.ts';

/** A request that has no server yet. */
export class WaitingRequest implements ActiveRequest {
  readonly caller: Caller;
  readonly #timeoutMs: number | undefined;
  readonly #ended = Promise.withResolvers<never>();

  constructor({ identity, limits }: CallerRequest) {
    this.caller = callerOf(identity);
    this.#timeoutMs = limits.callTimeoutMs;
    this.#ended.promise.catch(unheard);
  }

  /** Waits as long as calls may take, and no longer than it is to go on. Rejects with `server_unavailable`, or where it was ended. */
  during<Result>(given: PromiseLike<Result>): Promise<Result> {
    const work = Promise.resolve(given);
    const timeoutMs = this.#timeoutMs;
    const late = () => serverUnavailable(new Error(`No server within ${timeoutMs} ms`));
    return Promise.race([timeoutMs === undefined ? work : withinTime(work, timeoutMs, late), this.#ended.promise]);
  }

  end(): void {
    this.#ended.reject(temporarilyUnavailable(new UnavailableError(ENDED)));
  }
}
