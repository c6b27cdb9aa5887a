import { tenancy } from './readme-tenancy.ts';

const { tenantId, subject, sessionId } = { tenantId: 'acme', subject: 'ada', sessionId: 'a-session' };

//#region operating
await tenancy.sessions.list({ tenantId, limit: 100 }); // a page of sessions, without any token
await tenancy.sessions.end(sessionId);
await tenancy.revoke({ tenantId, subject }); // ends sessions and streams, parked ones too
tenancy.notify({ tenantId }, { method: 'notifications/tools/list_changed' }); // in both eras; clients of parked sessions are not told

await tenancy.drain({ deadlineMs: 20_000 }); // not ready, no new sessions, calls finish
await tenancy.close();
//#endregion operating
