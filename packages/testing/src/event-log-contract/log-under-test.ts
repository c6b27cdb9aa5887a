type Awaitable<Value> = Value | Promise<Value>;

/** What the battery asks of an event: core's `LoggedEvent`, by structure. */
export interface EventUnderTest {
  readonly sessionId: string;
  readonly streamId: string;
  readonly sequence: number;
  readonly data: string;
}

/** What the battery asks of a log: core's `EventLog`, by structure, because core's own tests run the battery. */
export interface LogUnderTest {
  append(event: EventUnderTest): void | Promise<void>;
  after(
    sessionId: string,
    streamId: string,
    sequence: number,
  ): Awaitable<{ readonly events: readonly EventUnderTest[]; readonly complete: boolean }>;
  forgetStream(sessionId: string, streamId: string): void | Promise<void>;
  forgetSession(sessionId: string): void | Promise<void>;
}

/** Makes a log that is empty and shared with no other test. What it needs to be cleaned up, it leaves to vitest's `onTestFinished`. */
export type CreateLog = () => Awaitable<LogUnderTest>;

/** What a log says of a place that it does not know. */
export const UNKNOWN = { events: [], complete: false };

/** An event of one stream of one session, unless something else is said. */
export function event(sequence: number, properties: Partial<EventUnderTest> = {}): EventUnderTest {
  return { sessionId: 'session', streamId: 'stream', data: `{"n":${sequence}}`, ...properties, sequence };
}

/** The events of one stream, from 1 to `count`. */
export function eventsTo(count: number, properties: Partial<EventUnderTest> = {}): EventUnderTest[] {
  return Array.from({ length: count }, (_item, index) => event(index + 1, properties));
}

/** Appends events, one after the other, and gives the log. */
export async function logWith(createLog: CreateLog, events: readonly EventUnderTest[]): Promise<LogUnderTest> {
  const log = await createLog();
  for (const each of events) await log.append(each);
  return log;
}

/** Everything that a log has of a stream. */
export async function keptOf(
  log: LogUnderTest,
  streamId = 'stream',
  sessionId = 'session',
): Promise<readonly EventUnderTest[]> {
  const { events } = await log.after(sessionId, streamId, 0);
  return events;
}
