import { Chain } from '../chain.ts';
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
  readonly #requests = new Chain<Request>();
  #onQuiet: (() => void) | undefined;

  /** It goes on until `done` settles. */
  add(request: Request, done: Promise<void>): void {
    const place = this.#requests.add(request);
    void done.then(() => {
      this.#requests.remove(place);
      if (this.#requests.first === undefined) this.#onQuiet?.();
    });
  }

  /** Those that are meant. */
  of(filter: SessionFilter): Request[] {
    return this.#requests.toArray().filter(({ caller }) => isMeant(caller, filter));
  }

  /** Ends those that are meant. */
  end(filter: SessionFilter): void {
    for (const request of this.of(filter)) request.end();
  }

  /** Settles when nothing goes on any more, or the time is over. */
  async quiet(deadlineMs: number): Promise<void> {
    if (this.#requests.first === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs).unref();
      this.#onQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
