import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { textOf } from './battery-server.ts';
import type { AdapterHost, BatteryTenancy } from './mounted-app.ts';
import { GOOD_TOKEN, guarded, serveApp } from './serve-app.ts';

const INFO = { name: 'sdk', version: '1.0.0' };
const OPTIONS = { capabilities: { elicitation: {} } };
const ACCEPTED = { action: 'accept' as const, content: {} };

/** What is done with a client of either SDK. */
interface Connected {
  callTool(name: string, args: Record<string, unknown>, onprogress: (value: number) => void): Promise<unknown>;
  terminate(): Promise<void>;
}

async function connectV1(url: string, token: string): Promise<Connected> {
  const client = new ClientV1(INFO, OPTIONS);
  client.setRequestHandler(ElicitRequestSchema, () => ACCEPTED);
  const transport = new TransportV1(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } });
  onTestFinished(() => client.close());
  await client.connect(transport as Transport);
  return {
    callTool: (name, args, onprogress) =>
      client.callTool({ name, arguments: args }, undefined, { onprogress: ({ progress }) => onprogress(progress) }),
    terminate: () => transport.terminateSession(),
  };
}

async function connectV2(url: string, token: string): Promise<Connected> {
  const client = new ClientV2(INFO, OPTIONS);
  client.setRequestHandler('elicitation/create', () => ACCEPTED);
  const transport = new TransportV2(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return {
    callTool: (name, args, onprogress) =>
      client.callTool({ name, arguments: args }, { onprogress: ({ progress }) => onprogress(progress) }),
    terminate: () => transport.terminateSession(),
  };
}

/** The clients that people use. */
export function describeClients<Tenancy extends BatteryTenancy>(host: AdapterHost<Tenancy>): void {
  describe.each([
    ['v1', connectV1],
    ['v2', connectV2],
  ])('a client of SDK %s', (_sdk, connect) => {
    it('calls, hears of progress, is asked, and ends its session', async () => {
      const app = await serveApp(host, guarded());
      const client = await connect(app.url, GOOD_TOKEN);
      const progress: number[] = [];
      const call = async (name: string, args = {}) =>
        textOf(await client.callTool(name, args, (value) => progress.push(value)));
      expect(await call('echo', { text: 'hello' })).toBe('hello');
      expect(await call('count')).toBe('counted');
      expect(progress).toEqual([1, 2, 3]);
      expect(await call('ask')).toBe('accept');
      await client.terminate();
      expect(app.tenancies[0]?.stats().activeSessions).toBe(0);
      expect(app.errors).toEqual([]);
    });

    it('is turned away with an unknown token', async () => {
      const app = await serveApp(host, guarded());
      await expect(connect(app.url, 'bad')).rejects.toThrow(/Invalid token|Unauthorized/);
    });
  });
}
