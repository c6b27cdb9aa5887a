import { Grouped } from '../grouped.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import type { LiveSession } from './live-session.ts';
import { PrincipalUsage } from './principal-usage.ts';

/** The sessions that have, or get, a server in this process, by id and tenant; and what each principal has going on. */
export class SessionTable {
  readonly #byId = new Map<string, LiveSession>();
  readonly #byTenant = new Grouped<LiveSession>();
  readonly #usage = new Map<string, PrincipalUsage>();
  #opening = 0;

  /** How many sessions there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** How many of them are being opened: no store knows them yet. */
  get opening(): number {
    return this.#opening;
  }

  /** How many tenants they belong to. */
  get tenants(): number {
    return this.#byTenant.size;
  }

  get(sessionId: string): LiveSession | undefined {
    return this.#byId.get(sessionId);
  }

  /** All sessions, or those of one tenant. A copy: sessions may come and go while it is read. */
  all(tenantId?: string): LiveSession[] {
    return [...(tenantId === undefined ? this.#byId.values() : this.#byTenant.of(tenantId))];
  }

  /** What a principal has going on: one object as long as it has sessions here. */
  usageOf(principal: Principal): PrincipalUsage {
    return this.#usage.get(principalKey(principal)) ?? new PrincipalUsage();
  }

  add(session: LiveSession): void {
    const { record, usage, sessionId } = session;
    this.#byId.set(sessionId, session);
    this.#byTenant.add(record.principal.tenantId, session);
    this.#usage.set(principalKey(record.principal), usage);
    usage.sessions += 1;
    if (!session.opened) this.#countOpening(session, 1);
  }

  /** The session is open: its client may be told, and its store knows it. */
  opened(session: LiveSession): void {
    session.opened = true;
    this.#countOpening(session, -1);
  }

  /** `false` where it had been removed before. */
  remove(session: LiveSession): boolean {
    const { record, usage, sessionId } = session;
    if (!this.#byId.delete(sessionId)) return false;
    this.#byTenant.delete(record.principal.tenantId, session);
    usage.sessions -= 1;
    if (!session.opened) this.#countOpening(session, -1);
    if (usage.sessions === 0) this.#usage.delete(principalKey(record.principal));
    return true;
  }

  #countOpening({ usage }: LiveSession, change: 1 | -1): void {
    this.#opening += change;
    usage.opening += change;
  }
}
