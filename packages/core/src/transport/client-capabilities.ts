import type { ClientCapabilities } from '../protocol/lifecycle.ts';

/** The capability that each request to a client needs (MCP 2025-11-25, Lifecycle, Capability Negotiation). */
const NEEDED: Readonly<Record<string, keyof ClientCapabilities>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/** Throws unless the client declared the capability that a request of the server needs. */
export function assertClientCapability(method: string, capabilities: ClientCapabilities): void {
  const needed = NEEDED[method];
  if (needed === undefined || capabilities[needed] !== undefined) return;
  throw new Error(`Client does not support ${needed} (required for ${method})`);
}
