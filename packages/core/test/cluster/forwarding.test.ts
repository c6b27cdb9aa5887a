import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { byToken } from '../support/limits.ts';
import { call } from '../support/parking.ts';
import {
  askForConsent,
  consentTo,
  type Extra,
  nextEvent,
  said,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

describe('a request at another process than the one that has its session', () => {
  it('is answered by that one, as it is there', async () => {
    const { members } = await startFleet(withTools());
    const [owner, ...fronts] = members;
    const client = await owner.open();
    const answer = async (at: typeof client) => {
      const { status, headers, text } = await at.send({ body: { jsonrpc: '2.0', id: 7, method: 'tools/list' } });
      return { status, text, type: headers['content-type'], session: headers['mcp-session-id'] };
    };
    const expected = await answer(client);
    expect(expected).toMatchObject({ status: 200, type: 'application/json', session: client.sessionId });
    for (const front of fronts) {
      const there = front.take(client);
      expect(await answer(there)).toEqual(expected);
      expect(textOf(await there.call(...call('where')))).toBe(owner.name);
      expect(front.tenancy.stats().liveSessions).toBe(0);
    }
  });

  it('is accepted where it asks for nothing', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const there = front.take(await owner.open());
    const { status, text } = await there.send({ body: NOTIFICATION });
    expect({ status, text }).toEqual({ status: 202, text: '' });
  });

  it('ends the session, which no process has from then on', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const client = await owner.open();
    const ended = nextEvent(owner.tenancy, 'sessionEnded');
    expect(await front.take(client).send({ method: 'DELETE' })).toMatchObject({ status: 200, text: '' });
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'client' });
    for (const member of members) {
      expect(await member.take(client).send({ body: NOTIFICATION })).toMatchObject({ status: 404 });
    }
  });

  it('may be a batch (2025-03-26)', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const there = front.take(await owner.open(undefined, { protocolVersion: '2025-03-26' }));
    const headers = { 'mcp-protocol-version': '2025-03-26' };
    const [first, second] = ['a', 2].map((id) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'where' },
    }));
    const { text } = await there.send({ headers, body: [first, NOTIFICATION, second] });
    const answers: { id: unknown }[] = JSON.parse(text);
    expect(answers.map(({ id }) => id)).toEqual(expect.arrayContaining(['a', 2]));
    for (const answer of answers) expect(textOf(answer)).toBe(owner.name);
    expect(await there.send({ headers, body: [NOTIFICATION] })).toMatchObject({ status: 202 });
  });

  it('is answered in a stream, what comes before its response first', async () => {
    const progress = async ({ sendNotification, _meta }: Extra) => {
      for (const step of [1, 2]) {
        const params = { progressToken: _meta?.progressToken ?? '', progress: step };
        await sendNotification({ method: 'notifications/progress', params });
      }
      return said('done');
    };
    const { members } = await startFleet(withTools({ progress }));
    const [owner, front] = members;
    const there = front.take(await owner.open());
    const body = there.request('tools/call', { name: 'progress', _meta: { progressToken: 'p' } });
    const { status, headers, events } = await there.stream({ body });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/event-stream', 'mcp-session-id': there.sessionId });
    expect(await events.next()).toMatchObject({ data: '', retry: expect.stringMatching(/^\d+$/) });
    for (const step of [1, 2]) {
      expect(await events.message()).toMatchObject({ params: { progressToken: 'p', progress: step } });
    }
    expect(await events.message()).toMatchObject({ id: body.id, result: said('done') });
    expect(await events.next()).toBeUndefined();
  });

  it.each(['\u2028', '\u2029', '\\u2028', '日本語', '"\n\r\n'])(
    'is answered whatever %j there is in it',
    async (odd) => {
      const text = `${odd} data: {} ${odd}`;
      const odder = async ({ sendNotification }: Extra) => {
        await sendNotification({ method: 'notifications/message', params: { level: 'info', data: text } });
        return said(text);
      };
      const { members } = await startFleet(withTools({ odder }));
      const [owner, front] = members;
      const there = front.take(await owner.open());
      const body = there.request(...call('odder'));
      const { events } = await there.stream({ body });
      expect(await events.message()).toMatchObject({ params: { data: text } });
      expect(textOf(await events.message())).toBe(text);
      expect(await events.next()).toBeUndefined();
    },
  );

  it('may be as large as anywhere, and its answer too', async () => {
    const large = 'ä'.repeat(1_000_000);
    const { members } = await startFleet((name) => ({
      createServer: () => serverWith({ where: () => said(name), large: () => said(large) }),
    }));
    const [owner, front] = members;
    const there = front.take(await owner.open());
    expect(textOf(await there.call('tools/call', { name: 'large', _meta: { large } }))).toBe(large);
  });

  it('has the answers of a client who was asked at one process and answers at another', async () => {
    const ask = async (extra: Extra) => said(await askForConsent(extra));
    const { members } = await startFleet(withTools({ ask }));
    const [owner, front, third] = members;
    const client = await owner.open(undefined, { capabilities: { elicitation: {} } });
    const there = front.take(client);
    const { events } = await there.stream({ body: there.request(...call('ask')) });
    const asked = await events.message();
    expect(asked).toMatchObject({ method: 'elicitation/create' });
    expect(await third.take(client).send({ body: consentTo(asked) })).toMatchObject({ status: 202 });
    expect(textOf(await events.message())).toBe('accept');
  });

  it('is as good as the caller was found to be where it came in', async () => {
    const verifyAccessToken = async (token: string): Promise<AuthInfo> => {
      const resource = token === 'token' ? new URL('https://mcp.example/mcp?a=b') : undefined;
      const extra = { sub: 'ann', iss: 'https://id.example', nested: { list: [1, null] } };
      return { token, clientId: 'app', scopes: ['a', 'b'], extra, ...(resource && { resource }) };
    };
    const heard: (AuthInfo | undefined)[] = [];
    const tell = ({ authInfo }: Extra) => {
      heard.push(authInfo);
      return said('told');
    };
    const { members } = await startFleet(() => ({
      createServer: () => serverWith({ tell }),
      verifier: { verifyAccessToken },
    }));
    const [owner, front] = members;
    const client = await owner.open('token');
    for (const token of ['token', 'another']) {
      await owner.take(client, token).call(...call('tell'));
      await front.take(client, token).call(...call('tell'));
    }
    expect(heard).toHaveLength(4);
    expect(heard[1]).toEqual(heard[0]);
    expect(heard[1]?.resource).toBeInstanceOf(URL);
    expect(heard[1]?.resource?.href).toBe('https://mcp.example/mcp?a=b');
    expect(heard[3]).toEqual(heard[2]);
  });
});

describe('a request that is refused', () => {
  it("is told the same of another's session as of one that never was", async () => {
    const { members } = await startFleet(() => ({ createServer: () => serverWith({}), ...byToken }));
    const [owner, front] = members;
    const client = await owner.open('acme.ann');
    expect(await front.take(client, 'acme.ann').send({ body: NOTIFICATION })).toMatchObject({ status: 202 });
    const answerTo = async (sessionId: string | undefined, token: string, method: string) => {
      const stranger = Object.assign(front.wire(token), { sessionId });
      const { status, headers, text } = await stranger.send({
        method,
        ...(method === 'POST' && { body: NOTIFICATION }),
      });
      const { date: _date, ...rest } = headers;
      return { status, headers: rest, text };
    };
    const unknown = '0'.repeat(String(client.sessionId).length);
    for (const token of ['acme.bob', 'other.ann']) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const expected = await answerTo(unknown, token, method);
        expect(expected.status).toBe(404);
        expect(await answerTo(client.sessionId, token, method)).toEqual(expected);
      }
    }
    expect(await client.send({ body: NOTIFICATION })).toMatchObject({ status: 202 });
  });

  it('is told so by the process that knows why', async () => {
    const { members } = await startFleet(() => ({
      createServer: () => serverWith({}),
      limits: { maxStreams: 1 },
    }));
    const [owner, front, third] = members;
    const client = await owner.open();
    const listening = await front.take(client).listen();
    expect(listening.status).toBe(200);
    const badEvent = await third.take(client).listen('no-event');
    expect({ status: badEvent.status, text: JSON.parse(await badEvent.events.rest()) }).toMatchObject({
      status: 400,
      text: { error: { code: -32000 } },
    });
    const rejected = nextEvent(front.tenancy, 'requestRejected');
    const wrong = await front.take(client).send({ headers: { 'mcp-protocol-version': '1.0' }, body: NOTIFICATION });
    expect(wrong.status).toBe(400);
    expect(await rejected).toMatchObject({ code: 'unsupported_protocol_version' });
  });
});
