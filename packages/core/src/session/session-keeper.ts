import { unheard } from '../errors.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionRecord } from './session-record.ts';
import type { SessionRecords } from './session-records.ts';
import type { SessionTable } from './session-table.ts';

/** How long sessions live, and how long their servers do. */
export interface KeeperSettings {
  /** ms without a message, a call in flight or an open stream after which a session ends. */
  readonly idleTimeoutMs: number;
  /** ms without any of these after which a session is parked; `false`: never. */
  readonly parkAfterMs: number | false;
  /** Sessions with a server of their own, beyond which those that were used longest ago are parked; `false`: never. */
  readonly maxLive: number | false;
}

/** What the keeper does to sessions. */
export interface KeeperActions {
  end(session: LiveSession): void;
  /** The store has taken a session out whose time has passed. */
  onExpired(record: SessionRecord): void;
  /** The session is not kept any more. */
  onLost(session: LiveSession): void;
  onParked(session: LiveSession): void;
}

/** ms, at most, after which it is tried again to park what could not be parked. */
const RETRY_MS = 1_000;

/**
 * Keeps sessions as long as they are used, by one timer: it ends those that are idle, parks those that are quiet, and tells the store which ones
 * are alive.
 */
export class SessionKeeper {
  readonly #table: SessionTable;
  readonly #records: SessionRecords;
  readonly #settings: KeeperSettings;
  readonly #actions: KeeperActions;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Those that are being parked. A record that is saved again while it is written is written again: asked at every look, a slow store would never be done. */
  readonly #parking = new Map<LiveSession, Promise<void>>();
  /** The number of live sessions at which it is tried again to park some. */
  #parkAt: number;

  constructor(table: SessionTable, records: SessionRecords, settings: KeeperSettings, actions: KeeperActions) {
    this.#table = table;
    this.#records = records;
    this.#settings = settings;
    this.#actions = actions;
    this.#parkAt = maxLiveOf(settings);
  }

  /** A session has come: it is looked after from now on. */
  watch(): void {
    if (this.#stopped) return;
    this.#timer ??= setInterval(() => void this.#tick(), keeperIntervalMs(this.#settings)).unref();
    if (this.#table.size > this.#parkAt) void this.#parkLeastRecent();
  }

  /** Nothing is looked after any more, whatever comes. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
  }

  /** Lets go of a session's server, once its record is kept. A session that is used meanwhile stays as it is. */
  park(session: LiveSession): Promise<void> {
    const parking = this.#parking.get(session) ?? this.#park(session).finally(() => this.#parking.delete(session));
    this.#parking.set(session, parking);
    return parking;
  }

  async #park(session: LiveSession): Promise<void> {
    const { record } = session;
    const { lastSeenAt, standalone } = record;
    const { last } = standalone;
    standalone.exact = true;
    const kept = await this.#records.save(record).catch(unheard);
    if (this.#table.get(record.id) !== session) return;
    if (kept === false) return this.#actions.onLost(session);
    const unused = session.parkable && record.lastSeenAt === lastSeenAt && standalone.last === last;
    if (kept && unused && standalone.exact) return this.#actions.onParked(session);
    standalone.exact = false;
    await this.#records.save(record).catch(unheard);
  }

  async #tick(): Promise<void> {
    // First: the records of those that are in use are kept again, where a process that was suspended has let them expire.
    await this.#takeExpired();
    if (this.#stopped) return;
    const now = Date.now();
    for (const session of this.#table.all()) this.#look(session, now);
    if (this.#table.size > 0 || this.#records.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A store gives some at a time: what else the process has to do comes between. */
  async #takeExpired(): Promise<void> {
    for (;;) {
      const expired = this.#stopped ? [] : await this.#records.takeExpired().catch(() => []);
      if (expired.length === 0) return;
      for (const record of expired) this.#actions.onExpired(record);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #look(session: LiveSession, now: number): void {
    const { idleTimeoutMs, parkAfterMs } = this.#settings;
    const { record, idle } = session;
    if (!idle) session.touch();
    const quietMs = now - record.lastSeenAt;
    if (idle && quietMs >= idleTimeoutMs) this.#actions.end(session);
    else if (parkAfterMs !== false && quietMs >= parkAfterMs && session.parkable) void this.park(session);
    else if (session.opened && record.lastSeenAt - session.keptSeenAt >= touchAfterMs(this.#settings))
      void this.#touch(session);
  }

  async #touch(session: LiveSession): Promise<void> {
    const { lastSeenAt } = session.record;
    const kept = await this.#records.touch(session.record).catch(unheard);
    if (kept === false) this.#actions.onLost(session);
    if (kept) session.keptSeenAt = lastSeenAt;
  }

  /** Parks what is too much and some more, so that it need not be done again for the very next session. */
  async #parkLeastRecent(): Promise<void> {
    this.#parkAt = Number.POSITIVE_INFINITY;
    const maxLive = maxLiveOf(this.#settings);
    const some = Math.max(Math.floor(maxLive / 16), 1);
    const quiet = this.#table.all().filter(({ parkable }) => parkable);
    quiet.sort((a, b) => a.record.lastSeenAt - b.record.lastSeenAt);
    const surplus = quiet.slice(0, this.#table.size - maxLive + some - 1);
    await Promise.all(surplus.map((session) => this.park(session)));
    this.#parkAt = this.#table.size <= maxLive ? maxLive : this.#table.size + some;
    if (this.#table.size > maxLive) this.#parkLater();
  }

  /** Those that are in use now may not be so in a moment. */
  #parkLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => {
        const parking = this.#parkAt === Number.POSITIVE_INFINITY;
        if (!parking && this.#table.size > maxLiveOf(this.#settings)) void this.#parkLeastRecent();
      },
      Math.min(keeperIntervalMs(this.#settings), RETRY_MS),
    ).unref();
  }
}

/** How much longer than the session its record is kept, ms: longer than the store may lag behind, so that it is a live session that ends first. */
export function recordGraceMs(settings: KeeperSettings): number {
  return 2 * touchAfterMs(settings);
}

/** How far the store may lag behind the last use of a session, ms; and one interval more. */
function touchAfterMs(settings: KeeperSettings): number {
  return 2 * keeperIntervalMs(settings);
}

/** How often the keeper looks at sessions, ms. */
function keeperIntervalMs({ idleTimeoutMs, parkAfterMs }: KeeperSettings): number {
  const shortest = Math.min(idleTimeoutMs, parkAfterMs === false ? idleTimeoutMs : parkAfterMs);
  return Math.min(Math.max(Math.floor(shortest / 4), 10), 60_000);
}

function maxLiveOf({ maxLive }: KeeperSettings): number {
  return maxLive === false ? Number.POSITIVE_INFINITY : maxLive;
}
