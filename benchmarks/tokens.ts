/** How many tokens a server knows unless it is told otherwise. */
export const DEFAULT_TENANTS = 8;

/** The bearer token of the tenant with this number. */
export function tokenOf(tenant: number): string {
  return `benchmark-token-${tenant}`;
}

/** The first `count` tokens: each is a tenant of its own. */
export function tokensOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, tenant) => tokenOf(tenant));
}

/** The bearer tokens of the load where nothing else is asked for. */
export const tokens: readonly string[] = tokensOf(DEFAULT_TENANTS);
