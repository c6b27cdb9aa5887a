// The life of a SaaS customer: onboarded with a token, upgraded to a larger plan without a reconnect, offboarded.
//   node examples/saas-life-cycle.ts          (tells one customer's story, and ends)
import { randomBytes } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';
import { connectClient, toolNames } from './connect-client.ts';
import { textResult } from './text-result.ts';

/** A plan is the tools that it pays for. */
const PLANS = { free: ['search'], pro: ['search', 'export', 'report'] } as const;

export type Plan = keyof typeof PLANS;

const questionInput = z.object({ question: z.string() });

function buildServer(customer: string, plan: Plan): McpServer {
  const server = new McpServer({ name: `${customer}-${plan}`, version: '1.0.0' });
  for (const tool of PLANS[plan]) {
    server.registerTool(tool, { description: `${tool} for ${customer}`, inputSchema: questionInput }, ({ question }) =>
      textResult(`${tool} '${question}' in the data of ${customer}`),
    );
  }
  return server;
}

export async function start({ port = 0 } = {}) {
  const server = createPerBearerMcpServer({ port });
  const tokens = new Map<string, string>();
  const { url } = await server.start();

  const tokenOf = (customer: string): string => {
    const token = tokens.get(customer);
    if (token === undefined) throw new Error(`${customer} is no customer`);
    return token;
  };

  return {
    url,
    server,
    /** A new customer: returns the token to hand over. */
    onboard(customer: string, plan: Plan): string {
      if (tokens.has(customer)) throw new Error(`${customer} is a customer already`);
      const token = randomBytes(32).toString('base64url');
      tokens.set(customer, token);
      server.addToken(token, () => buildServer(customer, plan));
      return token;
    },
    /** Zero downtime: connected clients keep their session, calls in flight finish, the new tools are announced. */
    upgrade(customer: string, plan: Plan): void {
      server.updateToken(tokenOf(customer), () => buildServer(customer, plan));
    },
    /** The customer's sessions end at once; the token is worthless from now on. */
    offboard(customer: string): void {
      server.removeToken(tokenOf(customer));
      tokens.delete(customer);
    },
    stop: () => server.stop(),
  };
}

if (import.meta.main) {
  const { url, onboard, upgrade, offboard, stop } = await start();
  const token = onboard('acme', 'free');
  const client = await connectClient(url, token);
  console.log('onboarded: acme is offered', await toolNames(client));

  const announced = new Promise<void>((resolve) =>
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
  );
  upgrade('acme', 'pro');
  await announced;
  console.log('upgraded, in the same session: acme is offered', await toolNames(client));

  offboard('acme');
  const refused = await client.listTools().catch((error: Error) => error.message);
  console.log('offboarded:', refused);
  await client.close();
  await stop();
}
