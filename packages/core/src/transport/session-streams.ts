import { Chain } from '../chain.ts';
import { sessionNotFound, type TenancyError } from '../errors.ts';
import { frameOf, framesOf, invalidEventId, readEventId, streamHeaders } from './event-frames.ts';
import { EventStream, type StreamContext } from './event-stream.ts';
import { lostAnswers } from './lost-answers.ts';
import type { Credential, ResponseSink } from './response-sink.ts';
import { createStreamPosition, type StreamPosition } from './stream-position.ts';

/** What the streams of one session need of it. */
export interface SessionStreamsContext extends StreamContext {
  /** Where the standalone stream is. */
  readonly standalone: StreamPosition;
  /** The standalone stream is used from now on. */
  onStandaloneUsed(): void;
}

/** The open streams of one session: the standalone one, and one for each POST whose answer became a stream. */
export class SessionStreams {
  readonly #context: SessionStreamsContext;
  readonly #streams = new Map<string, EventStream>();
  #standalone: EventStream | undefined;
  #aborted = false;
  /** Connections that replay streams which have ended. */
  readonly #replays = new Chain<ResponseSink>();

  constructor(context: SessionStreamsContext) {
    this.#context = context;
  }

  /** How many streams are carried by a connection now. */
  get attachedCount(): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.attached) count += 1;
    return count + this.#replays.toArray().length;
  }

  /** The stream for messages that belong to no request of the client. */
  get standalone(): EventStream {
    this.#standalone ??= this.#createStandalone();
    return this.#standalone;
  }

  /** A stream that answers a POST. */
  createForPost(): EventStream {
    return this.#create(createStreamPosition());
  }

  /**
   * Ends the stream of a POST. A client that comes back before the log has taken the last event still finds it. `forget` drops its
   * events: nobody waits for them.
   */
  end(stream: EventStream, forget: boolean): void {
    stream.end();
    if (forget) this.#context.log?.forgetStream(stream.id);
    if (stream.logged === undefined) this.#streams.delete(stream.id);
    else void stream.logged.then(() => this.#streams.delete(stream.id));
  }

  /** The connection that a GET with this `Last-Event-ID` takes over from, if any. */
  carrierOf(lastEventId: string | undefined): ResponseSink | undefined {
    const stream = lastEventId === undefined ? this.standalone : this.#named(readEventId(lastEventId).streamId);
    return stream?.carrier;
  }

  /** Closes the connections that were opened with this token; the streams go on. */
  detachByToken(tokenDigest: string): void {
    for (const stream of this.#streams.values()) if (stream.tokenDigest === tokenDigest) stream.detach();
    for (const sink of this.#replays.toArray()) if (sink.credential?.tokenDigest === tokenDigest) sink.end();
  }

  /** Opens the standalone stream, or carries on the one that `Last-Event-ID` names. See {@link EventStream.attach} and {@link resume}. */
  open(sink: ResponseSink, lastEventId: string | undefined, onOpened: () => void): Promise<void> {
    return lastEventId === undefined
      ? this.standalone.attach(sink, onOpened)
      : this.resume(sink, lastEventId, onOpened);
  }

  /**
   * Carries a stream on after `Last-Event-ID`, what was missed first; one that has ended meanwhile is replayed and ends again, with an error for each request that
   * will not be answered any more.
   * Rejects with `invalid_event_id` for an id of another session, one that never was, and one from too long ago. `onOpened` is called when the
   * answer has begun.
   */
  async resume(sink: ResponseSink, lastEventId: string, onOpened: () => void): Promise<void> {
    const { streamId, sequence } = readEventId(lastEventId);
    const stream = this.#named(streamId);
    if (stream !== undefined) return stream.resume(sink, sequence, onOpened);
    const { log, sessionId } = this.#context;
    const missed = await log?.after(streamId, sequence);
    if (log === undefined || !missed?.complete) throw invalidEventId();
    const lost = await lostAnswers(log, streamId);
    if (sink.credential?.revoked) throw sessionNotFound();
    sink.openStream(streamHeaders(sessionId));
    onOpened();
    const place = this.#replays.add(sink);
    for (const frame of [...framesOf(missed.events), ...lost.map((answer) => frameOf(answer, undefined))]) {
      if (sink.closed || hasExpired(sink.credential)) break;
      sink.write(frame);
      await sink.flushed();
    }
    this.#replays.remove(place);
    sink.end();
  }

  /** Ends the standalone stream's connection; the client comes back for it by the event that it is told (MCP 2025-11-25: polling). */
  poll(): void {
    if (this.#aborted) return;
    this.standalone.prime();
    this.standalone.detach();
  }

  /** Ends the standalone stream's connection: the client may come back for it somewhere else. */
  hangUp(): void {
    this.#standalone?.hangUp();
  }

  /** Ends every connection; one that would carry a stream from now on is refused. Their events are kept. */
  abortAll(refusal: TenancyError): void {
    this.#aborted = true;
    for (const stream of this.#streams.values()) stream.abort(refusal);
    this.#streams.clear();
    for (const sink of this.#replays.toArray()) sink.end();
  }

  #named(streamId: string): EventStream | undefined {
    return streamId === this.#context.standalone.streamId ? this.standalone : this.#streams.get(streamId);
  }

  #createStandalone(): EventStream {
    this.#context.onStandaloneUsed();
    return this.#create(this.#context.standalone);
  }

  #create(position: StreamPosition): EventStream {
    const stream = new EventStream(position, this.#context);
    this.#streams.set(position.streamId, stream);
    return stream;
  }
}

function hasExpired(credential: Credential | undefined): boolean {
  return credential?.expiresAt !== undefined && credential.expiresAt <= Date.now();
}
