import { type EventLog, type LoggedEvent, type MissedEvents, readWholeNumber } from '@mcp-tenancy/core';
import {
  assertRedisOptions,
  openConnection,
  type RedisClient,
  type RedisConnection,
  type RedisConnectionOptions,
} from './connection.ts';
import { appendEvent, type EventLogBounds, eventsFrom, forgetEvents, PLACES_MS, trimStream } from './event-scripts.ts';
import { Keys, readKeyPrefix } from './keys.ts';
import { decodeText, encodeText } from './text.ts';

/** Options of a {@link RedisEventLog}. */
export interface RedisEventLogOptions extends RedisConnectionOptions {
  /** What the names of all keys begin with. Default: `mcp-tenancy:`. */
  readonly keyPrefix?: string;
  /** Events kept for one session. Default: 1,000. */
  readonly maxEventsPerSession?: number;
  /** Bytes of events kept for one session, 128 of overhead for each included. Default: 1 MiB. */
  readonly maxBytesPerSession?: number;
  /** ms after which an event is dropped. Default: 5 minutes; at most 24 days. */
  readonly maxAgeMs?: number;
}

/** The longest time that events are kept for, ms. */
const MAX_AGE_MS = 2 ** 31 - 1;

/**
 * An {@link EventLog} on Redis Streams, for any number of processes: a client that reconnects to another process gets what it missed. Each stream of events is one
 * stream of Redis whose ids are `sequence-0`; all keys of a session share its slot and expire with its last event. The last place of a stream is known
 * for an hour. An event whose sequence is not new is refused: an id never means two events.
 *
 * Every operation is answered or rejects within a second, with a `TenancyError` whose code is `store_unavailable`.
 */
export class RedisEventLog implements EventLog {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #bounds: EventLogBounds;

  /** Throws a `TypeError` for options that are wrong. */
  constructor(options: RedisEventLogOptions) {
    assertRedisOptions('RedisEventLog', options, ['maxEventsPerSession', 'maxBytesPerSession', 'maxAgeMs']);
    this.#keys = new Keys(readKeyPrefix(options.keyPrefix));
    this.#bounds = {
      maxEventsPerSession: readWholeNumber('maxEventsPerSession', options.maxEventsPerSession, 1_000),
      maxBytesPerSession: readWholeNumber('maxBytesPerSession', options.maxBytesPerSession, 1_048_576),
      maxAgeMs: readWholeNumber('maxAgeMs', options.maxAgeMs, 300_000, MAX_AGE_MS),
    };
    this.#connection = openConnection(options, this);
  }

  append({ sessionId, streamId, sequence, data }: LoggedEvent): Promise<void> {
    const { part, events, streams } = this.#keys.stream(sessionId, streamId);
    const placesMs = Math.max(PLACES_MS, this.#bounds.maxAgeMs);
    const args = [sequence, encodeText(data), placesMs];
    return this.#connection.run(async (redis) => {
      const other = await appendEvent.runInOrder(redis, [events, streams], part, ...this.#limits, ...args);
      if (other !== null) await this.#trim(redis, sessionId, other);
    });
  }

  after(sessionId: string, streamId: string, sequence: number): Promise<MissedEvents> {
    const { part, events: key, streams } = this.#keys.stream(sessionId, streamId);
    const { maxAgeMs } = this.#bounds;
    return this.#connection.run(async (redis) => {
      const [last, ...found] = await eventsFrom.run(redis, [key, streams], part, sequence + 1, maxAgeMs);
      const events: LoggedEvent[] = [];
      for (let index = 0; index < found.length; index += 2) {
        const data = decodeText(String(found[index + 1]));
        events.push({ sessionId, streamId, sequence: Number(found[index]), data });
      }
      // Sequences have no gaps: what is not there has been dropped.
      const known = last === null ? {} : { last: Number(last) };
      return { events, complete: events.length === Number(known.last) - sequence, ...known };
    });
  }

  forgetStream(sessionId: string, streamId: string): Promise<void> {
    const { part, events, streams } = this.#keys.stream(sessionId, streamId);
    return this.#connection.run(async (redis) => {
      await forgetEvents.run(redis, [events, streams], part);
    });
  }

  forgetSession(sessionId: string): Promise<void> {
    const streams = this.#keys.streams(sessionId);
    return this.#connection.run(async (redis) => {
      const parts = await redis.hkeys(streams);
      await redis.unlink(streams, ...parts.map((part) => this.#keys.events(sessionId, part)));
    });
  }

  /** Closes the connection where the log made it. */
  close(): void {
    this.#connection.close(this);
  }

  /** Each stream is a key, and a script names its keys: what another stream is to drop takes another run. */
  async #trim(redis: RedisClient, sessionId: string, other: string): Promise<void> {
    for (let part: string | null = other; part !== null; ) {
      const keys = [this.#keys.events(sessionId, part), this.#keys.streams(sessionId)];
      part = await trimStream.run(redis, keys, part, ...this.#limits);
    }
  }

  get #limits(): readonly number[] {
    const { maxEventsPerSession, maxBytesPerSession, maxAgeMs } = this.#bounds;
    return [maxEventsPerSession, maxBytesPerSession, maxAgeMs];
  }
}
