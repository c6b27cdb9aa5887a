import { randomBytes } from 'node:crypto';
import type { WireClient } from '@mcp-tenancy/testing';
import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsOf, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { ask, callTool, connectModern } from './support/modern-wire.ts';

const NAME = z.object({ name: z.string() });
const ELICITATION = { elicitation: { form: {} } };

/** A server whose tool asks for a name, and keeps its state with the client, signed with a key of its own unless one is given. */
function askingServer(owner: string, key: Uint8Array = randomBytes(32)): McpServer {
  const codec = createRequestStateCodec<{ owner: string }>({ key });
  const server = new McpServer(
    { name: 'asking', version: '1.0.0' },
    { capabilities: { tools: {} }, requestState: { verify: codec.verify } },
  );
  server.registerTool('greet', {}, async ({ mcpReq }: ServerContext) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'name', NAME);
    const state = mcpReq.requestState<{ owner: string }>();
    if (answer !== undefined && state !== undefined) return said(`${answer.name} of ${state.owner}`);
    const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
    return inputRequired({
      inputRequests: { name: inputRequired.elicit({ message: 'Who?', requestedSchema }) },
      requestState: await codec.mint({ owner }),
    });
  });
  return server;
}

const MODES = ['pooled', 'per-request'] as const;

describe.each(MODES)('%s, a call of several rounds', (modern) => {
  const keys = { a: randomBytes(32), b: randomBytes(32) };
  const serveAsking = () =>
    serve({
      provider: tokens({ a: () => askingServer('a', keys.a), b: () => askingServer('b', keys.b) }),
      modern,
    });

  const firstRound = (client: WireClient, id: number) => callTool(client, 'greet', { capabilities: ELICITATION, id });
  const secondRound = (client: WireClient, requestState: unknown, name = 'Ann') =>
    ask(
      client,
      'tools/call',
      {
        name: 'greet',
        arguments: {},
        requestState,
        inputResponses: { name: { action: 'accept', content: { name } } },
      },
      { capabilities: ELICITATION, id: 2 },
    );

  it('asks in its result, and is answered in the next request', async () => {
    const served = await serveAsking();
    const called = eventsOf(served.tenancy, 'toolCalled');
    const wire = served.wire('a');

    const first = await firstRound(wire, 1);
    expect(first.status).toBe(200);
    expect(first.response.result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { name: { method: 'elicitation/create' } },
      requestState: expect.any(String),
    });
    const second = await secondRound(wire, first.response.result?.requestState);

    expect(textOf(second.response)).toBe('Ann of a');
    expect(called.map(({ outcome, success }) => [outcome, success])).toEqual([
      ['input_required', false],
      ['ok', true],
    ]);
  });

  it('is answered by the SDK’s client on its own', async () => {
    const served = await serveAsking();
    const called = eventsOf(served.tenancy, 'toolCalled');
    const client = await connectModern(served.url, 'a', 'auto', { capabilities: ELICITATION });
    client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { name: 'Bob' } }));

    expect(textOf(await client.callTool({ name: 'greet' }))).toBe('Bob of a');
    expect(called.map(({ outcome }) => outcome)).toEqual(['input_required', 'ok']);
  });

  it('takes no state of another tenant, nor one that was tampered with', async () => {
    const served = await serveAsking();
    const first = await firstRound(served.wire('a'), 1);
    const state = String(first.response.result?.requestState);

    for (const [token, forged] of [
      ['b', state],
      ['a', `${state.slice(0, -2)}AA`],
      ['a', 'x'],
    ] as const) {
      const { status, response } = await secondRound(served.wire(token), forged);
      expect(status).toBe(200);
      expect(response.error).toMatchObject({ code: -32602, data: { reason: 'invalid_request_state' } });
    }
    expect(textOf((await secondRound(served.wire('a'), state)).response)).toBe('Ann of a');
  });

  it('needs a client that can be asked: 400, and the capability that is missing', async () => {
    const served = await serveAsking();
    const called = eventsOf(served.tenancy, 'toolCalled');

    const { status, headers, response } = await callTool(served.wire('a'), 'greet', { id: 'x' });

    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/json');
    expect(response).toMatchObject({
      id: 'x',
      error: { code: -32021, data: { requiredCapabilities: { elicitation: expect.anything() } } },
    });
    expect(called).toMatchObject([{ outcome: 'protocol_error' }]);
  });

  it('is judged by the capabilities of its own request, and of no other to the same server', async () => {
    const served = await serveAsking();
    const rounds = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? ELICITATION : {}));

    const answers = await Promise.all(
      rounds.map((capabilities) => callTool(served.wire('a'), 'greet', { capabilities })),
    );

    expect(answers.map(({ status }) => status)).toEqual(rounds.map((can) => ('elicitation' in can ? 200 : 400)));
  });
});

it('a server cannot ask its client for anything by a request of its own', async () => {
  const served = await serve({
    provider: tokens({
      a: () => {
        const server = new McpServer({ name: 'pushing', version: '1' }, { capabilities: { tools: {} } });
        server.registerTool('push', {}, async ({ mcpReq }) => {
          const ways = [
            () => mcpReq.elicitInput({ message: 'x', requestedSchema: { type: 'object', properties: {} } }),
            () => mcpReq.send({ method: 'roots/list' }),
            () => mcpReq.send({ method: 'acme/ask' }, z.object({})),
          ];
          const refusals = await Promise.allSettled(ways.map(async (way) => way()));
          return said(refusals.map(({ status }) => status).join());
        });
        return server;
      },
    }),
  });

  const { messages } = await callTool(served.wire('a'), 'push', { capabilities: { elicitation: {}, roots: {} } });

  expect(messages).toHaveLength(1);
  expect(textOf(messages[0])).toBe('rejected,rejected,rejected');
});

it('in a session the same tool asks by a request, as the 2025 era does', async () => {
  const served = await serve({ provider: tokens({ a: () => askingServer('a') }) });
  const client = await connectModern(served.url, 'a', 'legacy', { capabilities: { elicitation: {} } });
  client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { name: 'Eve' } }));

  expect(textOf(await client.callTool({ name: 'greet' }))).toBe('Eve of a');
});
