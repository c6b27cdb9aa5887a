import type { SessionCreatedEvent, Tenancy } from '@mcp-tenancy/core';

/** A session, as an operator of the server sees it. */
export interface ActiveSession {
  readonly sessionId: string;
  /** A secret: not for a log. */
  readonly token: string;
  readonly tenantId: string;
  readonly serverName: string;
  readonly createdAt: Date;
}

/** The sessions that a tenancy has opened, or continued, in this process. */
export class ActiveSessions {
  readonly #sessions = new Map<string, Omit<ActiveSession, 'token'>>();

  constructor(tenancy: Tenancy) {
    const add = ({ subject: _subject, ...session }: SessionCreatedEvent) => {
      this.#sessions.set(session.sessionId, session);
    };
    tenancy.on('sessionCreated', add);
    tenancy.on('sessionRebuilt', add);
    tenancy.on('sessionEnded', ({ sessionId }) => void this.#sessions.delete(sessionId));
  }

  /** The sessions, oldest first. `tokenOf` tells the token of a tenant. */
  list(tokenOf: (session: { readonly tenantId: string }) => string): ActiveSession[] {
    const sessions = Array.from(this.#sessions.values(), (session) => ({ ...session, token: tokenOf(session) }));
    return sessions.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  }
}
