import { Grouped } from '../grouped.ts';
import type { Principal } from '../identity/principal.ts';
import type { PrincipalUsage, PrincipalUsages } from '../tenant/principal-usage.ts';
import type { LiveSession } from './live-session.ts';

/** The sessions that have, or get, a server in this process, by id and tenant; and what each principal has going on. */
export class SessionTable {
  /** The sessions that are being opened, whatever has become of them meanwhile, in the order in which they began. */
  readonly opening = new Map<string, LiveSession>();
  readonly #byId = new Map<string, LiveSession>();
  readonly #byTenant = new Grouped<LiveSession>();
  readonly #usages: PrincipalUsages;

  /** @param usages - what principals have going on, here and elsewhere. */
  constructor(usages: PrincipalUsages) {
    this.#usages = usages;
  }

  /** How many sessions there are, those that are being opened included. */
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
    return this.#usages.of(principal);
  }

  add(session: LiveSession): void {
    const { record, usage, sessionId } = session;
    this.#byId.set(sessionId, session);
    this.#byTenant.add(record.principal.tenantId, session);
    this.#usages.hold(usage);
    usage.sessions += 1;
  }

  /** A session begins to be opened. */
  begin(session: LiveSession): void {
    this.add(session);
    this.opening.set(session.sessionId, session);
    session.usage.opening.add(session);
  }

  /** It has been opened, or never will be. */
  begun(session: LiveSession): void {
    this.opening.delete(session.sessionId);
    session.usage.opening.delete(session);
  }

  /** `false` where it had been removed before. */
  remove(session: LiveSession): boolean {
    const { record, usage, sessionId } = session;
    if (!this.#byId.delete(sessionId)) return false;
    this.#byTenant.delete(record.principal.tenantId, session);
    usage.sessions -= 1;
    this.#usages.release(usage);
    return true;
  }
}
