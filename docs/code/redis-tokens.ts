import type { RedisTokenProvider } from '@mcp-tenancy/redis';

/** The life of a token in a fleet. */
export async function changeTokens(provider: RedisTokenProvider<{ plan: string }>, token: string) {
  //#region change
  await provider.addToken(token, { tenantId: 'acme', subject: 'ada', data: { plan: 'free' }, scopes: ['read'] });
  await provider.updateToken(token, { data: { plan: 'pro' } }); // the rest stays
  await provider.removeToken(token); // on every process, within milliseconds
  //#endregion change
}
