import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { unheard } from '../errors.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { type AnswerPart, type HandedRequest, receivedRequest, type ToFront, type ToOwner } from './fleet-messages.ts';
import { RemoteSink } from './remote-sink.ts';
import type { SessionOwnership } from './session-ownership.ts';

/** ms after which a process is told that its request is being worked on, if it has heard nothing yet. */
const TAKEN_AFTER_MS = 100;
/** Requests that are remembered after their end: one that was sent twice is served once. */
const REMEMBERED = 10_000;
/** ms after which it is tried again to tell a process that it will not get an answer. */
const RETRY_MS = 300;

/** What this process does with requests of others. */
export interface ReceivedRequestsParts {
  readonly ownership: SessionOwnership;
  readonly maxBufferedBytes: number;
  /** Serves a request; settles when its answer is complete, with `false` where its session is not here. */
  serve(request: HandedRequest, sink: ResponseSink): Promise<boolean>;
  send(processId: string, message: ToFront): Promise<unknown>;
}

/** Requests that came in at other processes, for sessions that this one owns. */
export class ReceivedRequests {
  readonly #parts: ReceivedRequestsParts;
  readonly #sinks = new Map<string, RemoteSink>();
  /** What a process is told that sends a request once more: where it has been answered, and the answer has not come, it never will. */
  readonly #remembered = new LRUCache<string, 'taken' | 'moved' | 'lost'>({ max: REMEMBERED });

  constructor(parts: ReceivedRequestsParts) {
    this.#parts = parts;
  }

  /** Something of a request has come. */
  receive(message: ToOwner): void {
    const { type, exchange } = message;
    if (type === 'request') this.#take(message);
    else if (type === 'gone') this.#sinks.get(exchange)?.gone();
    else this.#sinks.get(exchange)?.settleFlushed();
  }

  /** What is being answered goes nowhere from now on. */
  abandonAll(): void {
    for (const sink of this.#sinks.values()) sink.gone();
  }

  #take(message: ToOwner & { readonly type: 'request' }): void {
    const { exchange, from, to } = message;
    const { ownership } = this.#parts;
    const known = this.#remembered.get(exchange);
    if (known !== undefined) this.#tell(from, { type: known, exchange });
    // What was meant for this process before it lapsed may have been given up.
    else if (!ownership.held || to !== ownership.processId) this.#tell(from, { type: 'moved', exchange });
    else void this.#serve(message);
  }

  async #serve({ exchange, from, request }: ToOwner & { readonly type: 'request' }): Promise<void> {
    let number = 0;
    const send = (part: AnswerPart) => {
      number += 1;
      return this.#parts.send(from, { type: 'part', exchange, number, ...part });
    };
    const lost = () => void this.#tellLost(from, exchange);
    const sink = new RemoteSink({ send, lost }, this.#parts.maxBufferedBytes);
    this.#sinks.set(exchange, sink);
    this.#remembered.set(exchange, 'taken');
    const unwatch = this.#parts.ownership.watch(from, () => sink.gone());
    const taken = setTimeout(() => this.#tell(from, { type: 'taken', exchange }), TAKEN_AFTER_MS).unref();
    const served = await this.#parts.serve(receivedRequest(request), sink);
    clearTimeout(taken);
    unwatch();
    this.#sinks.delete(exchange);
    this.#remembered.set(exchange, served ? 'lost' : 'moved');
    if (!served) this.#tell(from, { type: 'moved', exchange });
  }

  /** Says that the answer will not come: nothing may follow by which that would be noticed. Who watches this process notices the end of it by himself. */
  async #tellLost(from: string, exchange: string): Promise<void> {
    const { ownership, send } = this.#parts;
    const { processId } = ownership;
    for (let told = false; !told && ownership.held && processId === ownership.processId; ) {
      await wait(RETRY_MS, undefined, { ref: false });
      told = await send(from, { type: 'lost', exchange }).then(
        () => true,
        () => false,
      );
    }
  }

  #tell(processId: string, message: ToFront): void {
    this.#parts.send(processId, message).catch(unheard);
  }
}
