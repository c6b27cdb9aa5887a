import { serverFor } from './readme-context.ts';

//#region tenancy

import { createTenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';

const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') }) });

//#endregion tenancy

export { tenancy };
