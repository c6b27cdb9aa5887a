// One server per region: a customer's token is known where the customer's data is, and nowhere else.
//   node examples/regional-servers.ts          (PORT for the first region, the others on the ports after it)
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createPerBearerMcpServer, type PerBearerMcpServer } from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { runExample } from './run-example.ts';
import { textResult } from './text-result.ts';

const REGIONS = ['eu', 'us', 'ap'] as const;

export type Region = (typeof REGIONS)[number];

function buildServer(customer: string, region: Region): McpServer {
  const server = new McpServer({ name: `${customer}-${region}`, version: '1.0.0' });
  server.registerTool('where_is_my_data', { description: "The region of the customer's data" }, () =>
    textResult(region),
  );
  return server;
}

export async function start({ port = 0 } = {}) {
  const servers = new Map<Region, PerBearerMcpServer>();
  const urls = {} as Record<Region, string>;
  // In production each region is a process in a data centre of its own.
  for (const [index, region] of REGIONS.entries()) {
    servers.set(region, createPerBearerMcpServer({ port: port === 0 ? 0 : port + index }));
  }
  const stop = async (): Promise<void> => {
    await Promise.all(running(servers).map((server) => server.stop()));
  };
  try {
    for (const [region, server] of servers) urls[region] = (await server.start()).url;
  } catch (error) {
    await stop(); // all regions or none
    throw error;
  }

  const addCustomer = (customer: string, region: Region, token: string): void => {
    servers.get(region)?.addToken(token, () => buildServer(customer, region));
  };
  return {
    urls,
    addCustomer,
    /** The old region forgets the token, and with it every session, before the new one learns it. */
    moveCustomer(customer: string, to: Region, token: string): void {
      for (const server of servers.values()) server.removeToken(token);
      addCustomer(customer, to, token);
    },
    stop,
  };
}

function running(servers: ReadonlyMap<Region, PerBearerMcpServer>): PerBearerMcpServer[] {
  return [...servers.values()].filter((server) => server.isRunning());
}

if (import.meta.main) {
  await runExample(start, ({ urls, addCustomer }) => {
    for (const region of REGIONS) {
      const token = `demo-${region}-token`;
      addCustomer(`customer-${region}`, region, token);
      printClientConfiguration(`Region ${region}`, urls[region], { [`customer-${region}`]: token });
    }
  });
}
