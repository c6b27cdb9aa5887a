import { errorFrom } from '../errors.ts';
import type { EventLog, MissedEvents } from './event-log.ts';

/** One session's part of the event log. What the log fails to keep or forget is reported, and harms nobody. */
export class SessionLog {
  readonly #log: EventLog;
  readonly #sessionId: string;
  readonly #report: (error: Error) => void;

  constructor(log: EventLog, sessionId: string, report: (error: Error) => void) {
    this.#log = log;
    this.#sessionId = sessionId;
    this.#report = report;
  }

  /** Keeps an event; settles, if it cannot be done at once, when that is done or has failed. */
  append(streamId: string, sequence: number, data: string): Promise<void> | undefined {
    return this.#attempt(() => this.#log.append({ sessionId: this.#sessionId, streamId, sequence, data }));
  }

  /** The events of a stream after `sequence`. */
  async after(streamId: string, sequence: number): Promise<MissedEvents> {
    return this.#log.after(this.#sessionId, streamId, sequence);
  }

  /** Nobody will ask for the stream's events again. */
  forgetStream(streamId: string): void {
    void this.#attempt(() => this.#log.forgetStream(this.#sessionId, streamId));
  }

  /** The session has ended. */
  forget(): void {
    void this.#attempt(() => this.#log.forgetSession(this.#sessionId));
  }

  #attempt(action: () => void | Promise<void>): Promise<void> | undefined {
    const fail = (error: unknown) => this.#report(errorFrom(error));
    try {
      return action()?.catch(fail);
    } catch (error) {
      fail(error);
      return undefined;
    }
  }
}
