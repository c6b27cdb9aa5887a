import { type EventLog, MemoryEventLog, type RateLimiter, type TenancyOptions } from '@mcp-tenancy/core';
import { MemoryFleet, type MemoryMember, type WireClient } from '@mcp-tenancy/testing';
import type { ToolCallback } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ControlledStore } from './controlled-store.ts';
import { type LogLine, recordingLogger, type Served, said, serve, serverWith } from './tenancy-server.ts';

/** One process of a fleet, as good as. */
export interface Member extends Served {
  readonly name: string;
  /** How the others see it. */
  readonly process: MemoryMember;
  /** What it has logged. */
  readonly lines: readonly LogLine[];
  /** A client that is the same as another, but for this being the process that its requests come to. */
  take(client: WireClient, token?: string): WireClient;
}

/** Three processes, and what they share. */
export interface TestFleet {
  readonly members: readonly [Member, Member, Member];
  readonly store: ControlledStore;
}

/** Takes every request. */
export const noLimiter: RateLimiter = { take: async () => 0 };

/** Starts three processes of one fleet. They end with the test. */
export async function startFleet(
  optionsOf: (name: string) => Omit<TenancyOptions, 'cluster'>,
  eventLog: EventLog = new MemoryEventLog(),
): Promise<TestFleet> {
  const fleet = new MemoryFleet();
  const store = new ControlledStore({ durable: true });
  const start = async (name: string): Promise<Member> => {
    const process = fleet.join();
    const { ownership, bus } = process;
    const logger = recordingLogger();
    const cluster = { sessionStore: store, eventLog, ownership, bus, limiter: noLimiter };
    const served = await serve({ logger, ...optionsOf(name), cluster });
    const take = ({ sessionId }: WireClient, token?: string) => Object.assign(served.wire(token), { sessionId });
    return { ...served, name, process, lines: logger.lines, take };
  };
  return { members: [await start('one'), await start('two'), await start('three')], store };
}

/** Options of processes whose servers have these tools, and `where`, which says the name of the process. */
export function withTools(tools: Readonly<Record<string, ToolCallback>> = {}) {
  return (name: string) => ({ createServer: () => serverWith({ where: () => said(name), ...tools }) });
}
