import {
  digestToken,
  type ServerContext,
  type ServerFactory,
  TokenBasedServerProvider,
  type TokenChange,
} from '@mcp-tenancy/core';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { describe, expect, it } from 'vitest';
import { serve, serverWith } from '../support/tenancy-server.ts';

const factory = () => serverWith({});

describe('a TokenBasedServerProvider', () => {
  it('begins with the tokens it is given, or with none', () => {
    expect(new TokenBasedServerProvider().getTokenCount()).toBe(0);
    const provider = new TokenBasedServerProvider({ a: factory, b: factory });
    expect(provider.getRegisteredTokens()).toEqual(['a', 'b']);
    expect(provider.getTokenCount()).toBe(2);
  });

  it('adds, updates and removes tokens', () => {
    const provider = new TokenBasedServerProvider();
    provider.addToken('a', factory);
    expect(provider.hasToken('a')).toBe(true);
    expect(provider.updateToken('a', factory)).toBe(true);
    expect(provider.updateToken('b', factory)).toBe(false);
    expect(provider.hasToken('b')).toBe(false);
    expect(provider.removeToken('a')).toBe(true);
    expect(provider.removeToken('a')).toBe(false);
    expect(provider.hasToken('a')).toBe(false);
  });

  it('removes all tokens', () => {
    const provider = new TokenBasedServerProvider({ a: factory, b: factory });
    provider.clearAllTokens();
    expect(provider.getStats()).toEqual({ registeredTokens: 0, activeServers: 0, tokens: [] });
  });

  it.each(['', ' ', 'two words', 'line\nbreak'])('refuses the token %j, which no header could carry', (token) => {
    const provider = new TokenBasedServerProvider();
    expect(() => provider.addToken(token, factory)).toThrow(TypeError);
    expect(() => new TokenBasedServerProvider({ [token]: factory })).toThrow(/token/);
  });

  it('refuses a factory that is none', () => {
    const provider = new TokenBasedServerProvider({ a: factory });
    expect(() => provider.addToken('b', {} as ServerFactory)).toThrow(/factory must be a function/);
    expect(() => provider.updateToken('a', undefined as unknown as ServerFactory)).toThrow(TypeError);
    expect(provider.getRegisteredTokens()).toEqual(['a']);
  });

  it('verifies registered tokens, and refuses any other with InvalidTokenError', async () => {
    const provider = new TokenBasedServerProvider({ a: factory });
    expect(await provider.verifyAccessToken('a')).toMatchObject({ token: 'a', scopes: [] });
    const refusal = provider.verifyAccessToken('b');
    await expect(refusal).rejects.toBeInstanceOf(InvalidTokenError);
    await expect(refusal).rejects.toThrow('Invalid token');
  });

  it('does not take names of inherited properties for tokens', async () => {
    const provider = new TokenBasedServerProvider({ a: factory });
    for (const name of ['__proto__', 'constructor', 'toString']) {
      await expect(provider.verifyAccessToken(name)).rejects.toThrow('Invalid token');
    }
  });

  it('builds servers of registered tokens only', async () => {
    const provider = new TokenBasedServerProvider({ a: factory });
    const authInfo = await provider.verifyAccessToken('a');
    provider.removeToken('a');
    await expect(provider.createServerForToken('a', authInfo, {} as never)).rejects.toBeInstanceOf(InvalidTokenError);
  });

  it('tells its listeners what changes, by digest, until they unsubscribe', () => {
    const provider = new TokenBasedServerProvider();
    const changes: TokenChange[] = [];
    const unsubscribe = provider.subscribe((change) => changes.push(change));
    provider.addToken('a', factory);
    provider.addToken('a', factory);
    provider.updateToken('a', factory);
    provider.removeToken('a');
    provider.removeToken('a');
    provider.updateToken('a', factory);
    unsubscribe();
    provider.addToken('b', factory);
    const tokenDigest = digestToken('a');
    expect(changes).toEqual(['added', 'updated', 'updated', 'removed'].map((type) => ({ type, tokenDigest })));
  });

  it('counts the servers that are in use', async () => {
    const provider = new TokenBasedServerProvider({ a: factory, b: factory });
    const { open } = await serve({ provider });
    const first = await open('a');
    await open('a');
    await open('b');
    expect(provider.getStats()).toEqual({ registeredTokens: 2, activeServers: 3, tokens: ['a', 'b'] });
    await first.send({ method: 'DELETE' });
    expect(provider.getStats().activeServers).toBe(2);
    provider.clearAllTokens();
    expect(provider.getStats()).toEqual({ registeredTokens: 0, activeServers: 0, tokens: [] });
  });

  it('lets a factory set onclose for itself', async () => {
    let closed = 0;
    const provider = new TokenBasedServerProvider({
      a: () => {
        const server = factory();
        server.server.onclose = () => {
          closed += 1;
        };
        return server;
      },
    });
    const { open } = await serve({ provider });
    await (await open('a')).send({ method: 'DELETE' });
    expect(closed).toBe(1);
    expect(provider.getStats().activeServers).toBe(0);
  });

  it('tells every listener, also where one before it throws, and throws that at the end', () => {
    const provider = new TokenBasedServerProvider({ a: factory });
    const changes: TokenChange[] = [];
    provider.subscribe(() => {
      throw new Error('first');
    });
    provider.subscribe(() => {
      throw new Error('second');
    });
    provider.subscribe((change) => changes.push(change));
    expect(() => provider.removeToken('a')).toThrow('first');
    expect(changes).toEqual([{ type: 'removed', tokenDigest: digestToken('a') }]);
    expect(provider.hasToken('a')).toBe(false);
  });

  it('tells a factory who it builds for, also where its caller says nothing', async () => {
    const contexts: ServerContext[] = [];
    const provider = new TokenBasedServerProvider({
      a: (context) => {
        contexts.push(context);
        return factory();
      },
    });
    const authInfo = await provider.verifyAccessToken('a');
    await provider.createServerForToken('a', authInfo);
    const tenantId = digestToken('a');
    expect(contexts).toMatchObject([{ principal: { tenantId }, authInfo, era: '2025', rebuilt: false }]);
  });
});
