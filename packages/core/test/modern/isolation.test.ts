import type { TenancyOptions } from '@mcp-tenancy/core';
import { type AuthInfo, createRequestStateCodec, inputRequired } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { withoutDate } from '../support/rejections.ts';
import { eventsOf, gate, type Served, said, serve, textOf } from '../support/tenancy-server.ts';
import { aborted, modernServer } from './support/modern-servers.ts';
import { ask, callTool, listen, modernRequest, streamTool } from './support/modern-wire.ts';

const KEY = 'a key that all servers share, of 32 bytes and more';
const USERS = ['ann-1', 'bob-1', 'ann-2', 'eve-1'];

/** Serves users, named by the beginning of their tokens, of tenants of their own. Each has servers that know whose they are. */
async function serveUsers(options: Partial<TenancyOptions> = {}) {
  const finish = new Map<string, () => void>();
  const verifyAccessToken = async (token: string): Promise<AuthInfo> => {
    const [sub] = token.split('-');
    return { token, clientId: 'app', scopes: [], extra: { iss: `https://${sub}.example`, sub } };
  };
  const createServer: TenancyOptions['createServer'] = ({ authInfo }) => {
    const owner = String(authInfo?.token);
    const codec = createRequestStateCodec<string>({ key: KEY, bind: ({ http }) => String(http?.authInfo?.extra?.sub) });
    const server = modernServer(
      {
        whose: ({ http }) => said(`${owner} for ${http?.authInfo?.token}`),
        slow: async (context) => {
          const go = gate();
          finish.set(owner, go.open);
          const params = { progressToken: 1, progress: 1, message: owner };
          await context.mcpReq.notify({ method: 'notifications/progress', params });
          await Promise.race([go.opened, aborted(context)]);
          return said(context.mcpReq.signal.aborted ? 'stopped' : owner);
        },
        remember: async (context) => {
          const state = context.mcpReq.requestState<string>();
          return state === undefined ? inputRequired({ requestState: await codec.mint(owner, context) }) : said(state);
        },
        change: () => {
          server.sendToolListChanged();
          return said('changed');
        },
      },
      `server-of-${owner}`,
      '1.0.0',
      { requestState: { verify: codec.verify } },
    );
    return server;
  };
  return { ...(await serve({ createServer, verifier: { verifyAccessToken }, ...options })), finish };
}

const whose = async (served: Served, token: string, id: string | number) => {
  const { response } = await callTool(served.wire(token), 'whose', { id });
  return { id: response.id, text: textOf(response) };
};

describe.each(['pooled', 'per-request'] as const)('%s', (modern) => {
  it('many callers at once with the same ids: each is answered by a server of its own, about itself', async () => {
    const served = await serveUsers({ modern });
    const rounds = Array.from({ length: 10 }, (_, round) => USERS.map((token) => ({ token, id: round % 2 }))).flat();

    const answers = await Promise.all(rounds.map(({ token, id }) => whose(served, token, id)));

    expect(answers).toEqual(rounds.map(({ token, id }) => ({ id, text: `${token} for ${token}` })));
  });

  it('one token in both eras at once, with the same ids: each is answered', async () => {
    const served = await serveUsers({ modern });
    const sessions = await Promise.all(USERS.map((token) => served.open(token)));
    const inSession = async (index: number) => {
      const client = sessions[index];
      const request = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whose', arguments: {} } };
      return textOf(JSON.parse(String((await client?.send({ body: request }))?.text)));
    };

    for (let round = 0; round < 3; round += 1) {
      const answers = USERS.map(async (token, index) => [(await whose(served, token, 1)).text, await inSession(index)]);
      expect(await Promise.all(answers)).toEqual(USERS.map((token) => Array(2).fill(`${token} for ${token}`)));
    }
  });

  it('two calls of one id at the same time get their own progress and their own answer', async () => {
    const served = await serveUsers({ modern });
    const streams = await Promise.all(USERS.map((token) => streamTool(served.wire(token), 'slow', { id: 'same' })));
    const progress = await Promise.all(streams.map(({ events }) => events.message()));
    for (const token of USERS.toReversed()) served.finish.get(token)?.();
    const answers = await Promise.all(streams.map(({ events }) => events.message()));

    expect(progress.map(({ params }) => (params as { message: string }).message)).toEqual(USERS);
    expect(answers.map(textOf)).toEqual(USERS);
    expect(answers.map(({ id }) => id)).toEqual(USERS.map(() => 'same'));
  });

  it('nobody can cancel a call of somebody else, by whatever id', async () => {
    const served = await serveUsers({ modern });
    const called = eventsOf(served.tenancy, 'toolCalled');
    const { events } = await streamTool(served.wire('ann-1'), 'slow', { id: 1 });
    await events.next();

    for (const requestId of [0, 1, 2, 3, '1']) {
      for (const token of ['bob-1', 'ann-2', 'ann-1']) {
        const { headers, body } = modernRequest('notifications/cancelled', { requestId, reason: 'because' });
        const { id: _id, ...notification } = body as { id: unknown };
        const { status } = await served.wire(token).send({ ...(headers && { headers }), body: notification });
        expect(status).toBe(202);
      }
    }
    served.finish.get('ann-1')?.();

    expect(textOf(await events.message())).toBe('ann-1');
    expect(called).toMatchObject([{ outcome: 'ok' }]);
  });

  it('what a server remembers with its client is taken from nobody else', async () => {
    const served = await serveUsers({ modern });
    const states = await Promise.all(
      USERS.map(async (token) => {
        const { response } = await callTool(served.wire(token), 'remember');
        return String(response.result?.requestState);
      }),
    );
    const again = async (token: string, requestState: unknown) =>
      (await ask(served.wire(token), 'tools/call', { name: 'remember', arguments: {}, requestState })).response;

    expect(textOf(await again('ann-1', states[0]))).toBe('ann-1');
    expect(textOf(await again('ann-2', states[0]))).toBe('ann-1');
    for (const stranger of ['bob-1', 'eve-1']) {
      expect((await again(stranger, states[0])).error).toMatchObject({ code: -32602 });
    }
  });

  it('a change of one tenant is heard by its listeners, and by nobody else', async () => {
    const served = await serveUsers({ modern });
    const listeners = await Promise.all(USERS.map((token) => listen(served.wire(token), { id: 'same' })));

    // In the pool, a server tells of its changes by itself.
    if (modern === 'pooled') await callTool(served.wire('ann-1'), 'change');
    else served.tenancy.notify({ tenantId: 'https://ann.example' }, { method: 'notifications/tools/list_changed' });
    served.tenancy.notify({}, { method: 'notifications/prompts/list_changed' });
    const end = { method: 'notifications/resources/list_changed' };
    for (const name of ['ann', 'bob', 'eve']) served.tenancy.notify({ tenantId: `https://${name}.example` }, end);
    await served.tenancy.drain();

    const texts = await Promise.all(listeners.map(({ events }) => events.rest()));
    expect(texts.map((text) => text.includes('tools/list_changed'))).toEqual([true, false, true, false]);
  });

  it('the id of a session is of no use in this era: the answer is the same as without', async () => {
    const served = await serveUsers({ modern });
    const session = await served.open('ann-1');
    const before = await served.tenancy.sessions.get(String(session.sessionId));
    const request = (sessionId: string | undefined) =>
      served.wire('bob-1').send(modernRequest('tools/list', {}, { headers: { 'mcp-session-id': sessionId } }));

    const [without, unknown, foreign] = [
      await request(undefined),
      await request('x'),
      await request(session.sessionId),
    ];

    expect(withoutDate(foreign)).toEqual(withoutDate(without));
    expect(withoutDate(unknown)).toEqual(withoutDate(without));
    expect(await served.tenancy.sessions.get(String(session.sessionId))).toEqual(before);
  });

  it('what ends for one caller goes on for the others', async () => {
    const served = await serveUsers({ modern });
    const streams = await Promise.all(USERS.map((token) => streamTool(served.wire(token), 'slow')));
    for (const { events } of streams) await events.next();

    await served.tenancy.revoke({ tenantId: 'https://ann.example', subject: 'ann' });
    for (const token of USERS) served.finish.get(token)?.();

    const answers = await Promise.all(streams.map(({ events }) => events.message()));
    expect(answers.map((answer) => (answer.error ? undefined : textOf(answer)))).toEqual([
      undefined,
      'bob-1',
      undefined,
      'eve-1',
    ]);
  });
});
