import { createTenancy, digestToken, type TenantServerContext } from '@mcp-tenancy/core';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { callTool } from './support/modern-wire.ts';

const verifier = {
  verifyAccessToken: async (token: string): Promise<AuthInfo> => {
    const [iss, sub] = token.split('/');
    return { token, clientId: 'app', scopes: [], extra: { iss, sub } };
  },
};

describe('createTenantServer', () => {
  it('builds one server for all callers of a tenant, and is told of none of them', async () => {
    const contexts: TenantServerContext[] = [];
    const served = await serve({
      createServer: () => modernServer({}),
      verifier,
      modern: {
        createTenantServer: (context) => {
          contexts.push(context);
          return modernServer({
            who: ({ http }) => said(`${context.tenantId}: ${http?.authInfo?.extra?.sub} ${http?.authInfo?.token}`),
          });
        },
      },
    });
    const who = async (token: string) => textOf((await callTool(served.wire(token), 'who')).response);

    for (const token of ['acme/ann', 'acme/bob', 'acme/ann', 'other/eve']) {
      const [tenantId, subject] = token.split('/');
      expect(await who(token)).toBe(`${tenantId}: ${subject} ${token}`);
    }

    expect(contexts).toStrictEqual([
      { tenantId: 'acme', era: '2026' },
      { tenantId: 'other', era: '2026' },
    ]);
    expect(served.tenancy.stats().pooledServers).toBe(2);
  });

  it('is asked again for a tenant that was revoked, and not for a token that was', async () => {
    let built = 0;
    const served = await serve({
      createServer: () => modernServer({}),
      verifier,
      modern: {
        createTenantServer: () => {
          built += 1;
          return modernServer({ which: () => said(String(built)) });
        },
      },
    });
    await callTool(served.wire('acme/ann'), 'which');
    await callTool(served.wire('other/eve'), 'which');

    await served.tenancy.revoke({ token: 'acme/ann' });
    await callTool(served.wire('acme/bob'), 'which');
    expect(built).toBe(2);
    await served.tenancy.revoke({ tenantId: 'acme' });
    await callTool(served.wire('acme/bob'), 'which');
    await callTool(served.wire('other/eve'), 'which');
    expect(built).toBe(3);
  });

  it('leaves sessions to the other factory', async () => {
    const served = await serve({
      provider: tokens({ a: () => modernServer({ where: () => said('session') }) }),
      modern: { mode: 'per-request', createTenantServer: () => modernServer({ where: () => said('tenant') }) },
    });

    expect(textOf((await callTool(served.wire('a'), 'where')).response)).toBe('tenant');
    expect(textOf(await (await served.open('a')).call('tools/call', { name: 'where' }))).toBe('session');
  });

  it('that fails is an error of that request', async () => {
    const served = await serve({
      provider: tokens({ a: () => modernServer({}) }),
      modern: {
        createTenantServer: ({ tenantId }) => {
          throw new Error(tenantId);
        },
      },
    });

    const { status, text } = await callTool(served.wire('a'), 'x');

    expect(status).toBe(500);
    expect(text).not.toContain(digestToken('a'));
  });
});

describe('the option modern', () => {
  it.each([
    ['sometimes', "modern must be 'pooled', 'per-request', false or an object of options, got sometimes"],
    [{ mode: 'never' }, "modern must be 'pooled', 'per-request', false or an object of options, got never"],
    [true, 'modern'],
    [null, 'modern'],
    [{ pool: 1 }, 'pool'],
    [{ maxServers: 0 }, 'modern.maxServers'],
    [{ maxServers: 1.5 }, 'modern.maxServers'],
    [{ maxListeners: -1 }, 'modern.maxListeners'],
    [{ createTenantServer: 'x' }, 'modern.createTenantServer must be a function'],
  ])('%j is refused, by name', (modern, message) => {
    const options = { createServer: () => modernServer({}), modern: modern as never };

    expect(() => createTenancy(options)).toThrow(TypeError);
    expect(() => createTenancy(options)).toThrow(message);
  });

  it.each(['pooled', 'per-request', { maxServers: 5 }] as const)('%j is refused beside the option server', (modern) => {
    expect(() => createTenancy({ server: modernServer({}), modern })).toThrow(TypeError);
    expect(() => createTenancy({ server: modernServer({}), modern })).toThrow('modern');
  });

  it('may be false beside the option server', async () => {
    const served = await serve({ server: modernServer({ hello: () => said('hello') }), modern: false });

    expect((await callTool(served.wire(), 'hello')).response.error).toMatchObject({ code: -32022 });
    expect(textOf(await (await served.open()).call('tools/call', { name: 'hello' }))).toBe('hello');
  });
});
