import { Grouped } from '../grouped.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import type { LiveSession } from './live-session.ts';
import { PrincipalUsage } from './principal-usage.ts';

/** The sessions that have, or get, a server in this process, by id and tenant; and what each principal has going on. */
export class SessionTable {
  /** The sessions that are being opened, in the order in which they began: no store knows them yet. */
  readonly opening = new Set<LiveSession>();
  readonly #byId = new Map<string, LiveSession>();
  readonly #byTenant = new Grouped<LiveSession>();
  readonly #usage = new Map<string, PrincipalUsage>();

  /** How many sessions there are. */
  get size(): number {
    return this.#byId.size;
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
    if (session.opened) return;
    usage.opening.add(session);
    this.opening.add(session);
  }

  /** The session is open: its client may be told, and its store knows it. */
  opened(session: LiveSession): void {
    session.opened = true;
    this.#notOpening(session);
  }

  /** `false` where it had been removed before. */
  remove(session: LiveSession): boolean {
    const { record, usage, sessionId } = session;
    if (!this.#byId.delete(sessionId)) return false;
    this.#byTenant.delete(record.principal.tenantId, session);
    usage.sessions -= 1;
    this.#notOpening(session);
    if (usage.sessions === 0) this.#usage.delete(principalKey(record.principal));
    return true;
  }

  #notOpening(session: LiveSession): void {
    session.usage.opening.delete(session);
    this.opening.delete(session);
  }
}
