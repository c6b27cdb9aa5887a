import { unheard } from '../errors.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import { type Logger, logWith } from '../logger.ts';
import type { CallerRequest } from '../transport/caller-request.ts';
import type { FleetMessage, Order } from './fleet-messages.ts';
import { ForwardedRequests } from './forwarded-requests.ts';
import { ReceivedRequests, type ReceivedRequestsParts } from './received-requests.ts';
import type { SessionOwnership } from './session-ownership.ts';
import type { TenantBus } from './tenant-bus.ts';

/** What a process takes part in a fleet with. */
export interface FleetParts {
  readonly ownership: SessionOwnership;
  readonly bus: TenantBus;
  /** Bytes of an answer that are kept while the bus is slow. */
  readonly maxBufferedBytes: number;
  readonly logger: Logger;
}

/** What a process does for the others. */
export interface FleetDuties extends Pick<ReceivedRequestsParts, 'serve'> {
  /** Does what another process asks for. */
  obey(order: Order): void;
}

/** The other processes, as this one sees them: it hands them requests, answers theirs, and they tell each other what concerns all. */
export class Fleet {
  readonly ownership: SessionOwnership;
  readonly #parts: FleetParts;
  readonly #forwarded: ForwardedRequests;
  /** What is on its way to the bus. */
  readonly #sending = new Set<Promise<unknown>>();

  constructor(parts: FleetParts) {
    const { ownership } = parts;
    this.#parts = parts;
    this.ownership = ownership;
    this.#forwarded = new ForwardedRequests({ ownership, send: (owner, message) => this.#send(owner, message) });
  }

  /** Takes part from now on. */
  join({ serve, obey }: FleetDuties): void {
    const { ownership, bus, maxBufferedBytes } = this.#parts;
    const send = (processId: string, message: FleetMessage) => this.#send(processId, message);
    const received = new ReceivedRequests({ ownership, send, serve, maxBufferedBytes });
    // What others say may not have been heard, and what is said here is not listened to.
    const lapse = () => {
      this.#forwarded.loseAll();
      received.abandonAll();
    };
    const listen = (message: string) => this.#receive(message, received, obey);
    bus.subscribe(listen);
    ownership.onLapsed(lapse);
  }

  /** Has the process that owns a session answer a request. See {@link ForwardedRequests.forward}. */
  forward(owner: string, request: CallerRequest, body: unknown): Promise<boolean> {
    return this.#forwarded.forward(owner, request, body);
  }

  /** Tells every other process. Rejects where it may not have been told. */
  async broadcast(order: Order): Promise<void> {
    await this.#track(this.#parts.bus.broadcast(JSON.stringify(order)));
  }

  /** Tells one process, that may have gone. */
  order(processId: string, order: Order): void {
    this.#send(processId, order).catch(unheard);
  }

  /** Ends the streams of callers who are meant, where other processes serve them. */
  revoke(filter: SessionFilter): void {
    this.#forwarded.end(filter);
  }

  /** Ends streams that wait for something to say, and lets calls finish for `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.#forwarded.hangUp();
    await this.#forwarded.quiet(deadlineMs);
  }

  /**
   * Has nothing more to do for clients. Settles when what has been said so far is on its way. Others are told that what they look for is not here, for as long as the
   * cluster is open.
   */
  async close(): Promise<void> {
    this.#forwarded.hangUp();
    this.#forwarded.loseAll();
    await Promise.allSettled(this.#sending);
  }

  #send(processId: string, message: FleetMessage): Promise<boolean> {
    return this.#track(this.#parts.bus.send(processId, JSON.stringify(message)));
  }

  async #track<Result>(sending: Promise<Result>): Promise<Result> {
    this.#sending.add(sending);
    try {
      return await sending;
    } finally {
      this.#sending.delete(sending);
    }
  }

  #receive(text: string, received: ReceivedRequests, obey: FleetDuties['obey']): void {
    try {
      this.#follow(JSON.parse(text), received, obey);
    } catch (err) {
      logWith(this.#parts.logger, 'warn', { err }, 'A message of another process cannot be understood');
    }
  }

  #follow(message: FleetMessage, received: ReceivedRequests, obey: FleetDuties['obey']): void {
    switch (message.type) {
      case 'request':
      case 'gone':
      case 'flushed':
        received.receive(message);
        break;
      case 'taken':
      case 'moved':
      case 'lost':
      case 'part':
        this.#forwarded.receive(message);
        break;
      case 'notify':
      case 'announce':
      case 'revoke':
      case 'end':
        obey(message);
    }
  }
}
