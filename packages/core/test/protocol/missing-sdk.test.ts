import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WireClient } from '@mcp-tenancy/testing';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, callTool, connectModern, MODERN } from '../modern/support/modern-wire.ts';
import { textOf } from '../support/tenancy-server.ts';
import { canHidePackages } from './support/without-package.ts';

const V1 = '@modelcontextprotocol/sdk';
const V2 = '@modelcontextprotocol/server';

interface Told {
  readonly url: string;
  readonly refusals: { readonly document: string; readonly pooled: string };
  /** Whether the validator of JSON Schemas took a value that it should. */
  readonly valid: boolean;
  readonly unknown: { readonly errorCode?: string; readonly message?: string };
}

/** A tenancy in a process of its own, in which a package is not installed. */
async function serveWithout(missing: string, installed: string): Promise<Told> {
  const program = fileURLToPath(new URL('./support/tenancy-process.ts', import.meta.url));
  const child = fork(program, [missing, installed], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill());
  const [told] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The process ended with ${code}`))),
  ]);
  return told as Told;
}

it.skipIf(!canHidePackages).each([
  [V1, V2],
  [V2, `${V1}/server/mcp.js`],
])('without %s the validator of JSON Schemas is the other’s', async (missing, installed) => {
  expect(await serveWithout(missing, installed)).toMatchObject({ valid: true });
});

describe.skipIf(!canHidePackages)('without SDK v2', () => {
  it('sessions work, and a request of the 2026 era is told of them', async () => {
    const { url } = await serveWithout(V2, `${V1}/server/mcp.js`);

    const { status, response } = await ask(new WireClient(url, 'good'), 'server/discover', {}, { id: 'x' });
    const client = await connectModern(url, 'good', 'auto');

    expect(status).toBe(400);
    expect(response).toMatchObject({
      id: 'x',
      error: { code: -32022, data: { supported: SUPPORTED_PROTOCOL_VERSIONS, requested: MODERN } },
    });
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(textOf(await client.callTool({ name: 'hello' }))).toBe('hello');
  });

  it('who asks for the 2026 era is told what to install', async () => {
    const { refusals } = await serveWithout(V2, `${V1}/server/mcp.js`);

    expect(refusals.pooled).toBe('TypeError: modern needs SDK v2: npm install @modelcontextprotocol/server');
  });
});

describe.skipIf(!canHidePackages)('without SDK v1', () => {
  it('both eras work', async () => {
    const { url } = await serveWithout(V1, V2);

    for (const [mode, revision] of [
      ['auto', MODERN],
      ['legacy', '2025-11-25'],
    ] as const) {
      const client = await connectModern(url, 'good', mode);
      expect(client.getNegotiatedProtocolVersion()).toBe(revision);
      expect(textOf(await client.callTool({ name: 'hello' }))).toBe('hello');
    }
  });

  it('a token that nobody knows is refused in both eras', async () => {
    const { url, unknown } = await serveWithout(V1, V2);
    const wire = new WireClient(url, 'bad');

    expect((await wire.open()).status).toBe(401);
    expect((await callTool(wire, 'hello')).status).toBe(401);
    expect(unknown).toMatchObject({ errorCode: 'invalid_token', message: 'Invalid token' });
  });

  it('OAuth documents are published, and wrong ones refused', async () => {
    const { url, refusals } = await serveWithout(V1, V2);
    const wire = new WireClient(new URL('/.well-known/oauth-protected-resource/mcp', url));

    const { status, text } = await wire.send({ method: 'GET' });

    expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { resource: 'https://mcp.example/mcp' } });
    expect(refusals.document).toContain('TypeError');
    expect(refusals.document).toContain('oauth2.protectedResourceOAuthMetadata');
  });
});
