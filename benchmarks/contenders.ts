/** A server under test: a file of its own, run in a process of its own. */
export interface Contender {
  readonly label: string;
  /** Relative to this folder. */
  readonly file: string;
  readonly args: readonly string[];
}

/** The server that the others are compared with. */
export const subject: Contender = { label: 'fastify-mcp-server', file: 'servers/tenancy.ts', args: [] };

/** What it is compared with. */
export const references: readonly Contender[] = [
  { label: 'SDK transport by hand (SSE, its default)', file: 'servers/sdk-by-hand.ts', args: [] },
  { label: 'SDK transport by hand (enableJsonResponse)', file: 'servers/sdk-by-hand.ts', args: ['--json'] },
  { label: 'bare Fastify route (no MCP)', file: 'servers/host.ts', args: ['fastify', '--bare'] },
];
