import { WireClient } from '@mcp-tenancy/testing';
import { type FastifyInstance, fastify } from 'fastify';
import { createPerBearerMcpServer, TokenBasedServerProvider } from 'fastify-mcp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { INITIALIZE, openSession, post, toolCall } from './support/initialize.ts';
import { appWith } from './support/listen.ts';
import { LogLines } from './support/log-lines.ts';

const KNOWN = 'known-s3cr3t-0f-a-customer';
const UNKNOWN = 'unknown-s3cr3t-0f-an-attacker';

interface Watched {
  readonly app: FastifyInstance;
  /** Everything that was logged at any level. */
  readonly log: LogLines;
}

async function watched(options: Parameters<typeof appWith>[0]): Promise<Watched> {
  const log = new LogLines('trace');
  return { log, app: await appWith(options, fastify({ logger: log.options })) };
}

const withProvider = () => {
  const bearerTokenProvider = new TokenBasedServerProvider({ [KNOWN]: () => buildDemoServer() });
  return { bearerTokenProvider, options: { authorization: { bearerTokenProvider } } };
};

function expectSecret(...texts: string[]): void {
  for (const text of texts) {
    expect(text).not.toContain(KNOWN);
    expect(text).not.toContain(UNKNOWN);
  }
}

describe('a token', () => {
  test('that is known is neither logged nor answered, in the whole life of its session', async () => {
    const { bearerTokenProvider, options } = withProvider();
    const { app, log } = await watched(options);
    const authorization = `Bearer ${KNOWN}`;
    const send = await openSession(app, { authorization });
    const answers = [
      await post(app, INITIALIZE, { authorization }),
      await send(toolCall('echo', { text: 'x' })),
      await send('{'),
      await post(app, toolCall('echo'), { authorization, 'mcp-session-id': 'unknown' }),
      await post(app, INITIALIZE, { authorization, accept: 'text/html' }),
      await post(app, INITIALIZE, { authorization, 'content-type': 'malformed' }),
      await post(app, INITIALIZE, { authorization, host: 'evil.example' }),
    ];
    bearerTokenProvider.updateToken(KNOWN, () => buildDemoServer('second'));
    answers.push(await send(toolCall('echo', { text: 'x' })));
    bearerTokenProvider.removeToken(KNOWN);
    answers.push(await send(toolCall('echo', { text: 'x' })), await post(app, INITIALIZE, { authorization }));
    expect(answers.at(-1)?.statusCode).toBe(401);
    expectSecret(log.text, ...answers.map((answer) => JSON.stringify(answer.headers) + answer.body));
    expect(log.statuses.length).toBeGreaterThanOrEqual(answers.length);
  });

  test.each([`Bearer ${UNKNOWN}`, `Bearer ${UNKNOWN} ${UNKNOWN}`, `Basic ${UNKNOWN}`, UNKNOWN])(
    'that is unknown is neither logged nor answered: %s',
    async (authorization) => {
      const { app, log } = await watched(withProvider().options);
      const answer = await post(app, INITIALIZE, { authorization });
      expect(answer.statusCode).toBe(401);
      expectSecret(log.text, JSON.stringify(answer.headers) + answer.body);
    },
  );

  test.each([
    ['an error', (token: string) => new Error(`cannot look up ${token}`)],
    ['an error with a cause', (token: string) => new Error('lookup failed', { cause: new Error(token) })],
    ['an error with fields', (token: string) => Object.assign(new Error('lookup failed'), { query: { token } })],
    ['a refusal', (token: string) => Object.assign(new Error(`${token} is bad`), { errorCode: 'invalid_token' })],
    ['an OAuth error', (token: string) => Object.assign(new Error(`${token} is bad`), { errorCode: 'server_error' })],
    ['a string', (token: string) => `cannot look up ${token}`],
  ])('that a verifier names in %s is neither logged nor answered', async (_what, errorFor) => {
    const verifyAccessToken = (token: string) => Promise.reject(errorFor(token));
    const { app, log } = await watched({
      createServer: () => buildDemoServer(),
      authorization: { bearerMiddlewareOptions: { verifier: { verifyAccessToken } } },
    });
    const answer = await post(app, INITIALIZE, { authorization: `Bearer ${UNKNOWN}` });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expectSecret(log.text, JSON.stringify(answer.headers) + answer.body);
  });

  test.each([
    ['an error', (token: string) => new Error(`no plan for ${token}`)],
    ['a refusal', (token: string) => Object.assign(new Error(`${token} is bad`), { errorCode: 'invalid_token' })],
  ])(
    'that a provider names in %s while it builds the server is neither logged nor answered',
    async (_what, errorFor) => {
      const { bearerTokenProvider } = withProvider();
      const { app, log } = await watched({
        authorization: {
          bearerTokenProvider: {
            verifyAccessToken: (token) => bearerTokenProvider.verifyAccessToken(token),
            createServerForToken: (token) => Promise.reject(errorFor(token)),
          },
        },
      });
      const answer = await post(app, INITIALIZE, { authorization: `Bearer ${KNOWN}` });
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expectSecret(log.text, JSON.stringify(answer.headers) + answer.body);
    },
  );

  test('is in no status document of the ready-made server', async () => {
    const server = createPerBearerMcpServer().addToken(KNOWN, () => buildDemoServer());
    const { url } = await server.start();
    onTestFinished(() => server.stop());
    await new WireClient(url, KNOWN).open();
    expectSecret(await (await fetch(new URL('/', url))).text());
  });
});
