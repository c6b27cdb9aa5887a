import { unheard } from '../errors.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import { ActiveRequests } from '../transport/active-requests.ts';
import type { CallerRequest } from '../transport/caller-request.ts';
import type { ToFront, ToOwner } from './fleet-messages.ts';
import { ForwardedRequest } from './forwarded-request.ts';
import type { SessionOwnership } from './session-ownership.ts';

/** ms after which a request is sent once more that nobody has taken. */
const RESEND_MS = 300;

/** What requests are forwarded with. */
export interface ForwardedRequestsParts {
  readonly ownership: SessionOwnership;
  /** Tells another process. Settles with whether anybody may have heard it. */
  send(processId: string, message: ToOwner): Promise<boolean>;
}

/** Requests that came in here, for sessions that other processes own. */
export class ForwardedRequests {
  readonly #parts: ForwardedRequestsParts;
  readonly #byExchange = new Map<string, ForwardedRequest>();
  readonly #active = new ActiveRequests<ForwardedRequest>();
  #exchanges = 0;

  constructor(parts: ForwardedRequestsParts) {
    this.#parts = parts;
  }

  /**
   * Has another process answer a request. Settles when the answer has begun, with `false` where that process does not have the session (any more). Rejects with
   * `store_unavailable`.
   */
  async forward(owner: string, request: CallerRequest, body: unknown): Promise<boolean> {
    const { ownership } = this.#parts;
    const { facts, identity, limits, sink } = request;
    if (sink.closed) return true;
    // Where this process has no lease, the other one would take it for gone: who looks for the session once more gets one.
    if (!ownership.held) return false;
    this.#exchanges += 1;
    const exchange = `${ownership.processId}:${this.#exchanges}`;
    const tell = (message: ToOwner) => this.#parts.send(owner, message);
    const forwarded = new ForwardedRequest(exchange, request, body, (message) => void tell(message).catch(unheard));
    const handed = { facts, identity, limits, body };
    const send = async () => {
      forwarded.sent(await tell({ type: 'request', exchange, from: ownership.processId, to: owner, request: handed }));
    };
    this.#byExchange.set(exchange, forwarded);
    this.#active.add(forwarded, forwarded.over);
    const unwatch = ownership.watch(owner, () => forwarded.onOwnerGone());
    void forwarded.over.then(() => {
      this.#byExchange.delete(exchange);
      unwatch();
    });
    const resending = setInterval(() => {
      if (!forwarded.taken) send().catch(unheard);
    }, RESEND_MS).unref();
    try {
      send().catch((error) => forwarded.onUnsent(error));
      return await forwarded.begun;
    } finally {
      clearInterval(resending);
    }
  }

  /** Something of an answer has come. */
  receive(message: ToFront): void {
    const forwarded = this.#byExchange.get(message.exchange);
    if (message.type === 'part') forwarded?.onPart(message.number, message);
    else if (message.type === 'taken') forwarded?.onTaken();
    else if (message.type === 'moved') forwarded?.onMoved();
    else forwarded?.lose();
  }

  /** Those who are meant are told nothing any more by streams. */
  end(filter: SessionFilter): void {
    this.#active.end(filter);
  }

  /** Ends the streams that wait for something to say. */
  hangUp(): void {
    for (const forwarded of this.#active.of({})) forwarded.hangUp();
  }

  /** Settles when no answer is waited for, after `deadlineMs` at the latest. */
  quiet(deadlineMs: number): Promise<void> {
    return this.#active.quiet(deadlineMs);
  }

  /** No answer can be had any more. */
  loseAll(): void {
    for (const forwarded of this.#active.of({})) forwarded.lose();
  }
}
