import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { textResult } from '../text-result.ts';

const ORDERS = [
  { id: 'A-1', customer: 'Ada', total: 120 },
  { id: 'A-2', customer: 'Grace', total: 80 },
  { id: 'A-3', customer: 'Ada', total: 45 },
];

const findInput = z.object({ customer: z.string().describe('Name of the customer') });
const totalOutput = z.object({ count: z.number(), total: z.number() });

/** Tools over a data set, and the data set as a resource. */
export function buildDataServer(): McpServer {
  const server = new McpServer({ name: 'data-tools', version: '1.0.0' });
  server.registerTool(
    'find_orders',
    { description: 'Orders of one customer', inputSchema: findInput },
    ({ customer }) => textResult(ORDERS.filter((order) => order.customer === customer)),
  );
  server.registerTool('total_orders', { description: 'Sum of all orders', outputSchema: totalOutput }, () => {
    const sum = { count: ORDERS.length, total: ORDERS.reduce((total, order) => total + order.total, 0) };
    return { ...textResult(sum), structuredContent: sum };
  });
  server.registerResource('orders', 'data://orders', { mimeType: 'application/json' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(ORDERS) }],
  }));
  return server;
}
