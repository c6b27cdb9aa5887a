import type { ServerFactory } from '@mcp-tenancy/core';
import { createEverythingServer } from './everything-server.ts';
import { createEverythingServerV2 } from './everything-server-v2.ts';

/** A server that the suite is run against, through every host. */
export interface EverythingServer {
  /** Also a part of the name of the directory with its results. */
  readonly name: string;
  readonly create: ServerFactory;
  /** Revisions of the specification it must conform to, all at one endpoint of one process. */
  readonly revisions: readonly string[];
}

/** A server of each SDK. SDK v1 knows no revision after 2025-11-25. */
export const EVERYTHING_SERVERS: readonly EverythingServer[] = [
  { name: 'sdk-v1', create: createEverythingServer, revisions: ['2025-11-25'] },
  { name: 'sdk-v2', create: createEverythingServerV2, revisions: ['2025-11-25', '2026-07-28'] },
];
