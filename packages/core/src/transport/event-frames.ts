import { TenancyError } from '../errors.ts';
import type { LoggedEvent } from './event-log.ts';
import type { HeaderList } from './response-sink.ts';

/** The text of one event. Without an id it cannot be resumed from. */
export function frameOf(data: string, eventId: string | undefined): string {
  return eventId === undefined
    ? `event: message\ndata: ${data}\n\n`
    : `event: message\nid: ${eventId}\ndata: ${data}\n\n`;
}

/** The text of logged events, without those that carried nothing. */
export function framesOf(events: readonly LoggedEvent[]): string[] {
  return events
    .filter(({ data }) => data.startsWith('{'))
    .map((event) => frameOf(event.data, eventIdOf(event.streamId, event.sequence)));
}

/** The `id` of an event: unique within its session, and names its stream. */
export function eventIdOf(streamId: string, sequence: number): string {
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

const STREAM_HEADERS = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
];

/** The headers of a stream, of this session if it is of one. */
export function streamHeaders(sessionId?: string): HeaderList {
  return sessionId === undefined ? STREAM_HEADERS : [...STREAM_HEADERS, 'mcp-session-id', sessionId];
}
