import { createTenancy, sharedJsonSchemaValidator, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask } from '../modern/support/modern-wire.ts';
import { serve, serverWith } from '../support/tenancy-server.ts';
import { canHidePackages, withoutPackage } from './support/without-package.ts';

const V1 = '@modelcontextprotocol/sdk';
const V2 = '@modelcontextprotocol/server';

/** Lets packages be missing until the test ends. */
function missing(...names: string[]): void {
  for (const name of names) onTestFinished(withoutPackage(name));
}

// In this order: what a process has loaded once, it has.
describe.skipIf(!canHidePackages)('where packages are missing', () => {
  it('SDK v2: who asks for its era is told what to install, who does not is served without it', async () => {
    missing(V2);
    const options = { createServer: () => serverWith({}) };

    for (const modern of ['pooled', 'per-request', {}] as const) {
      expect(() => createTenancy({ ...options, modern })).toThrow(
        new TypeError('modern needs SDK v2: npm install @modelcontextprotocol/server'),
      );
    }
    const served = await serve(options);
    const { status, response } = await ask(served.wire(), 'server/discover');

    expect({ status, response }).toMatchObject({ status: 400, response: { error: { code: -32022 } } });
    expect((await served.wire().open()).status).toBe(200);
  });

  it('both SDKs: what needs one says so', () => {
    missing(V1, V2);
    const oauth2 = { protectedResourceOAuthMetadata: { resource: 'https://mcp.example/mcp' } };

    expect(() => createTenancy({ createServer: () => serverWith({}), oauth2 })).toThrow(
      'oauth2.protectedResourceOAuthMetadata needs an MCP SDK',
    );
    expect(() => sharedJsonSchemaValidator.getValidator({ type: 'string' })).toThrow(
      'sharedJsonSchemaValidator needs an MCP SDK',
    );
  });

  it('SDK v1: v2 takes its place', async () => {
    missing(V1);
    const provider = new TokenBasedServerProvider();
    const wrong = { protectedResourceOAuthMetadata: { resource: 5 as never } };

    expect(sharedJsonSchemaValidator.getValidator({ type: 'string' })('x')).toMatchObject({ valid: true });
    expect(() => createTenancy({ provider, oauth2: wrong })).toThrow('oauth2.protectedResourceOAuthMetadata');
    await expect(provider.verifyAccessToken('x')).rejects.toMatchObject({ errorCode: 'invalid_token' });
  });
});
