import { TenancyError } from '../errors.ts';
import type { LoggedEvent } from './event-log.ts';
import type { KeepAlive, KeepAliveTarget } from './keep-alive.ts';
import type { HeaderList, ResponseSink } from './response-sink.ts';
import type { SessionLog } from './session-log.ts';

/** What all streams of one session share. */
export interface StreamContext {
  readonly sessionId: string;
  readonly keepAlive: KeepAlive;
  /** Absent where streams cannot be resumed. */
  readonly log: SessionLog | undefined;
  /** ms a client waits before it reconnects, before jitter. */
  readonly retryMs: number;
}

/**
 * One SSE stream of a session: a numbered sequence of events that outlives the connections that carry it. A client that lost its
 * connection attaches another one, and the newest connection always wins.
 */
export class EventStream implements KeepAliveTarget {
  readonly id: string;
  readonly #context: StreamContext;
  #sink: ResponseSink | undefined;
  /** The sequence of the last event. */
  #last = 0;
  /** The sequence of the last event that was written to a connection. */
  #written = 0;
  #ended = false;
  /** Settles when the log has taken the last event. */
  #logged: Promise<void> | undefined;

  constructor(id: string, context: StreamContext) {
    this.id = id;
    this.#context = context;
  }

  /** Whether a connection carries the stream now. */
  get attached(): boolean {
    return this.#sink !== undefined;
  }

  /** Carries the stream over `sink` from now on; an older connection is closed. Events that no connection has carried come first. */
  async attach(sink: ResponseSink): Promise<void> {
    const { frames } = await this.#framesAfter(this.#written);
    this.#carryWith(sink, frames);
  }

  /** As {@link attach}, beginning after event `sequence`. Throws `invalid_event_id` where what came after it is not known any more. */
  async resume(sink: ResponseSink, sequence: number): Promise<void> {
    const { frames, complete } = await this.#framesAfter(sequence);
    if (!complete) throw invalidEventId();
    this.#carryWith(sink, frames);
  }

  /** Carries the stream over `sink` from the next event on. */
  carry(sink: ResponseSink): void {
    this.detach();
    if (sink.closed) return;
    this.#sink = sink;
    this.#written = this.#last;
    this.#context.keepAlive.add(this);
    sink.onGone(() => this.#lost(sink));
    sink.openStream(streamHeaders(this.#context.sessionId));
  }

  /** Tells the client where it is, so that it can come back even if nothing else reaches it. */
  prime(): void {
    if (this.#context.log === undefined) return;
    this.#last += 1;
    this.#log('');
    const retry = Math.round(this.#context.retryMs * (0.8 + 0.4 * Math.random()));
    this.#write(`id: ${eventIdOf(this.id, this.#last)}\nretry: ${retry}\ndata: \n\n`);
  }

  /** Sends one message. With a log it reaches a client that is away when it comes back. */
  send(data: string): void {
    this.#last += 1;
    this.#log(data);
    const resumable = this.#context.log !== undefined;
    this.#write(frameOf(data, resumable ? eventIdOf(this.id, this.#last) : undefined));
  }

  keepAlive(): void {
    this.#sink?.write(': keep-alive\n\n');
  }

  /** Closes the connection; the stream goes on. */
  detach(): void {
    this.#context.keepAlive.remove(this);
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }

  /** Ends the stream: nothing more will be sent. */
  end(): void {
    this.#ended = true;
    this.detach();
  }

  /** The frames of all events after `sequence`, up to the last one there is when it settles. */
  async #framesAfter(sequence: number): Promise<{ frames: string[]; complete: boolean }> {
    const { log } = this.#context;
    const frames: string[] = [];
    let position = sequence;
    let complete = true;
    while (log !== undefined && position !== this.#last && complete) {
      await this.#logged;
      const missed = await log.after(this.id, position);
      frames.push(...framesOf(missed.events));
      complete = missed.complete && missed.events.length > 0;
      position = missed.events.at(-1)?.sequence ?? position;
    }
    return { frames, complete };
  }

  #carryWith(sink: ResponseSink, frames: readonly string[]): void {
    this.carry(sink);
    for (const frame of frames) sink.write(frame);
    if (this.#ended) this.detach();
  }

  #lost(sink: ResponseSink): void {
    if (this.#sink !== sink) return;
    this.#sink = undefined;
    this.#context.keepAlive.remove(this);
  }

  #write(frame: string): void {
    if (this.#sink === undefined) return;
    this.#written = this.#last;
    this.#sink.write(frame);
  }

  #log(data: string): void {
    this.#logged = this.#context.log?.append(this.id, this.#last, data);
  }
}

/** The text of one event. Without an id it cannot be resumed from. */
function frameOf(data: string, eventId: string | undefined): string {
  return eventId === undefined
    ? `event: message\ndata: ${data}\n\n`
    : `event: message\nid: ${eventId}\ndata: ${data}\n\n`;
}

/** The text of logged events, without those that carried nothing. */
export function framesOf(events: readonly LoggedEvent[]): string[] {
  return events
    .filter(({ data }) => data !== '')
    .map((event) => frameOf(event.data, eventIdOf(event.streamId, event.sequence)));
}

/** The `id` of an event: unique within its session, and names its stream. */
function eventIdOf(streamId: string, sequence: number): string {
  return `${streamId}_${sequence}`;
}

/** A place in a stream, as `Last-Event-ID` names it. Throws `invalid_event_id`. */
export function readEventId(eventId: string): { streamId: string; sequence: number } {
  const match = /^([0-9a-z]{1,32})_(\d{1,15})$/.exec(eventId);
  if (match === null) throw invalidEventId();
  return { streamId: String(match[1]), sequence: Number(match[2]) };
}

/** The refusal of a `Last-Event-ID` that leads nowhere. */
export function invalidEventId(): TenancyError {
  return new TenancyError('invalid_event_id', 'Invalid event ID format');
}

/** The headers of a stream of this session. */
export function streamHeaders(sessionId: string): HeaderList {
  return [
    'content-type',
    'text/event-stream',
    'cache-control',
    'no-cache, no-transform',
    'x-accel-buffering',
    'no',
    'mcp-session-id',
    sessionId,
  ];
}
