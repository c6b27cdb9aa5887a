import { createTenancy } from '@mcp-tenancy/core';
import { isTrial, provider } from './readme-context.ts';

//#region limits
createTenancy({
  provider,
  limits: {
    requestsPerSecond: 50,
    callTimeoutMs: 60_000,
    forTenant: (tenantId) => (isTrial(tenantId) ? { requestsPerSecond: 5, maxSessions: 3 } : undefined),
  },
});
//#endregion limits
