import { sessionNotFound, type TenancyError } from '../errors.ts';
import type { RequestId } from '../protocol/json-rpc.ts';
import { eventIdOf, frameOf, framesOf, invalidEventId, streamHeaders } from './event-frames.ts';
import type { LoggedEvent, MissedEvents } from './event-log.ts';
import type { KeepAlive, KeepAliveTarget, KeptAlive } from './keep-alive.ts';
import { beginningOf } from './lost-answers.ts';
import type { ResponseSink } from './response-sink.ts';
import type { SessionLog } from './session-log.ts';
import type { StreamPosition } from './stream-position.ts';
import { whenExpired } from './when-expired.ts';

/** What all streams of one session share. */
export interface StreamContext {
  readonly sessionId: string;
  readonly keepAlive: KeepAlive;
  /** Absent where streams cannot be resumed. */
  readonly log: SessionLog | undefined;
  /** ms a client waits before it reconnects, before jitter. */
  readonly retryMs: number;
  /** A message could not be delivered. */
  onError(error: Error): void;
}

/**
 * One SSE stream of a session: a numbered sequence of events that outlives the connections that carry it. A client that lost its
 * connection attaches another one, and the newest connection always wins.
 */
export class EventStream implements KeepAliveTarget {
  readonly #context: StreamContext;
  readonly #position: StreamPosition;
  #sink: ResponseSink | undefined;
  /** How many connections have asked for the stream, and which of them it was that got it last. */
  #asked = 0;
  #got = 0;
  /** Whether the connection has caught up: what is sent is written to it at once. */
  #live = false;
  #ended = false;
  #refusal: TenancyError | undefined;
  /** Settles when the log has taken every event. */
  #logged: Promise<void> | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #kept: KeptAlive | undefined;

  /** @param position - where the stream is: kept up to date from now on. */
  constructor(position: StreamPosition, context: StreamContext) {
    this.#position = position;
    this.#context = context;
  }

  /** Unique within the session. */
  get id(): string {
    return this.#position.streamId;
  }

  /** Whether a connection carries the stream now. */
  get attached(): boolean {
    return this.#sink !== undefined;
  }

  /** The connection that carries the stream now. */
  get carrier(): ResponseSink | undefined {
    return this.#sink;
  }

  /** Digest of the token that the connection was opened with. */
  get tokenDigest(): string | undefined {
    return this.#sink?.credential?.tokenDigest;
  }

  /** Settles when the log has taken every event; `undefined` where it has. */
  get logged(): Promise<void> | undefined {
    return this.#logged;
  }

  /**
   * Carries the stream over `sink` from now on; an older connection is closed. Events that no connection has carried come first. `onOpened` is called
   * when the answer has begun.
   */
  async attach(sink: ResponseSink, onOpened: () => void): Promise<void> {
    await this.#catchUp(sink, this.#position.written, this.#nextTurn(), onOpened);
  }

  /** As {@link attach}, beginning after event `sequence`. Rejects with `invalid_event_id` where what came after it is not known any more. */
  async resume(sink: ResponseSink, sequence: number, onOpened: () => void): Promise<void> {
    const turn = this.#nextTurn();
    const { complete } = await this.#missedAfter(sequence);
    if (!complete) throw invalidEventId();
    await this.#catchUp(sink, sequence, turn, onOpened);
  }

  /** Carries the stream over `sink` from the next event on. */
  carry(sink: ResponseSink, onOpened: () => void = () => {}): void {
    this.#take(sink, this.#nextTurn(), onOpened);
    this.#goLive();
  }

  /** Tells the client where it is, so that it can come back even if nothing else reaches it. The log knows which requests are to be answered. */
  prime(requestIds: readonly RequestId[] = []): void {
    this.#position.last += 1;
    this.#log(beginningOf(requestIds));
    this.#write(`id: ${eventIdOf(this.id, this.#position.last)}\n${this.#retry}\ndata: \n\n`);
  }

  /** Sends one message. With a log it reaches a client that is away when it comes back; without one, that is reported. */
  send(data: string): void {
    this.#position.last += 1;
    this.#log(data);
    const resumable = this.#context.log !== undefined;
    if (!resumable && !this.attached) this.#context.onError(new Error('The client is not connected to hear a message'));
    this.#write(frameOf(data, resumable ? eventIdOf(this.id, this.#position.last) : undefined));
  }

  keepAlive(): void {
    this.#sink?.write(': keep-alive\n\n');
  }

  /** Closes the connection; the stream goes on. */
  detach(): void {
    const sink = this.#release();
    sink?.end();
  }

  /** Closes the connection, and tells the client when to come back. */
  hangUp(): void {
    this.#sink?.write(`${this.#retry}\n\n`);
    this.detach();
  }

  /** Ends the stream: nothing more will be sent. A connection that is still catching up gets the rest. */
  end(): void {
    this.#ended = true;
    if (this.#live) this.detach();
  }

  /** Ends the stream here: a connection that would carry it is refused. */
  abort(refusal: TenancyError): void {
    this.#refusal = refusal;
    this.detach();
  }

  /** Jittered, so that clients that were cut off together do not come back together. */
  get #retry(): string {
    return `retry: ${Math.round(this.#context.retryMs * (0.8 + 0.4 * Math.random()))}`;
  }

  #nextTurn(): number {
    this.#asked += 1;
    return this.#asked;
  }

  /** The connection that asked last wins: one that asked before it, and was kept waiting by the log, comes too late. */
  #take(sink: ResponseSink, turn: number, onOpened: () => void): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (sink.credential?.revoked) throw sessionNotFound();
    if (sink.closed) return;
    sink.openStream(streamHeaders(this.#context.sessionId));
    onOpened();
    if (turn > this.#got) this.#replaceBy(sink, turn);
    else sink.end();
  }

  #replaceBy(sink: ResponseSink, turn: number): void {
    this.detach();
    this.#got = turn;
    this.#sink = sink;
    this.#kept = this.#context.keepAlive.add(this);
    sink.onGone(() => this.#release());
    // With a log the client goes on with another token.
    this.#expiry = whenExpired(sink.credential, () => this.detach());
  }

  #release(): ResponseSink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#live = false;
    clearTimeout(this.#expiry);
    if (this.#kept !== undefined) this.#context.keepAlive.remove(this.#kept);
    return sink;
  }

  #goLive(): void {
    this.#live = this.#sink !== undefined;
    this.#position.written = this.#position.last;
    if (this.#ended) this.detach();
  }

  /** Writes what came after `position`, no faster than it is read: what waits does so in the log and not in memory. */
  async #catchUp(sink: ResponseSink, position: number, turn: number, onOpened: () => void): Promise<void> {
    if (this.#context.log === undefined) return this.carry(sink, onOpened);
    let reached = position;
    let missed = await this.#missedAfter(reached);
    if (!missed.complete) this.#context.onError(new Error('Events were dropped before the client came for them'));
    this.#take(sink, turn, onOpened);
    try {
      while (this.#sink === sink) {
        for (const event of missed.events) reached = await this.#writeLogged(event, sink);
        if (reached === this.#position.last) break;
        missed = await this.#missedAfter(reached);
        // Too slow: what it has not read yet is gone. It is told so when it comes back.
        if (!missed.complete) return this.#detachFrom(sink);
        if (missed.events.length === 0) break;
      }
      if (this.#sink === sink) this.#goLive();
    } catch (error) {
      this.#detachFrom(sink);
      throw error;
    }
  }

  #detachFrom(sink: ResponseSink): void {
    if (this.#sink === sink) this.detach();
  }

  async #writeLogged(event: LoggedEvent, sink: ResponseSink): Promise<number> {
    if (this.#sink === sink) {
      for (const frame of framesOf([event])) sink.write(frame);
      this.#position.written = event.sequence;
      await sink.flushed();
    }
    return event.sequence;
  }

  async #missedAfter(sequence: number): Promise<MissedEvents> {
    const { log } = this.#context;
    if (log === undefined || sequence === this.#position.last) return { events: [], complete: true };
    await this.#logged;
    return log.after(this.id, sequence);
  }

  #write(frame: string): void {
    if (!this.#live) return;
    this.#position.written = this.#position.last;
    this.#sink?.write(frame);
  }

  #log(data: string): void {
    const logged = this.#context.log?.append(this.id, this.#position.last, data);
    if (logged !== undefined) this.#logged = this.#logged?.then(() => logged) ?? logged;
  }
}
