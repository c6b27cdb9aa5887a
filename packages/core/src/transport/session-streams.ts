import { randomBytes } from 'node:crypto';
import { framesOf, invalidEventId, readEventId, streamHeaders } from './event-frames.ts';
import { EventStream, type StreamContext } from './event-stream.ts';
import type { ResponseSink } from './response-sink.ts';

const STANDALONE = 'standalone';

/** The open streams of one session: the standalone one, and one for each POST whose answer became a stream. */
export class SessionStreams {
  readonly #context: StreamContext;
  readonly #streams = new Map<string, EventStream>();
  /** Connections that replay streams which have ended. */
  readonly #replays = new Set<ResponseSink>();

  constructor(context: StreamContext) {
    this.#context = context;
  }

  /** How many streams are carried by a connection now. */
  get attachedCount(): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.attached) count += 1;
    return count;
  }

  /** The stream for messages that belong to no request of the client. */
  get standalone(): EventStream {
    return this.#streams.get(STANDALONE) ?? this.#create(STANDALONE);
  }

  /** A stream that answers a POST. */
  createForPost(): EventStream {
    return this.#create(randomBytes(8).toString('hex'));
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

  /** Closes the connections that were opened with this token; the streams go on. */
  detachByToken(tokenDigest: string): void {
    for (const stream of this.#streams.values()) if (stream.tokenDigest === tokenDigest) stream.detach();
  }

  /**
   * Carries a stream on after `Last-Event-ID`, what was missed first; one that has ended meanwhile is replayed and ends again.
   * Rejects with `invalid_event_id` for an id of another session, one that never was, and one from too long ago.
   */
  async resume(sink: ResponseSink, lastEventId: string): Promise<void> {
    const { streamId, sequence } = readEventId(lastEventId);
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return stream.resume(sink, sequence);
    const { log, sessionId } = this.#context;
    const missed = await log?.after(streamId, sequence);
    if (!missed?.complete) throw invalidEventId();
    sink.openStream(streamHeaders(sessionId));
    this.#replays.add(sink);
    for (const frame of framesOf(missed.events)) {
      sink.write(frame);
      await sink.flushed();
    }
    this.#replays.delete(sink);
    sink.end();
  }

  /** Ends every stream and forgets their events. */
  endAll(): void {
    for (const stream of this.#streams.values()) stream.abort();
    this.#streams.clear();
    for (const sink of this.#replays) sink.end();
    this.#context.log?.forget();
  }

  #create(id: string): EventStream {
    const stream = new EventStream(id, this.#context);
    this.#streams.set(id, stream);
    return stream;
  }
}
