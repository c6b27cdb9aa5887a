import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import { type FastifyInstance, fastify } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HEADERS, INITIALIZE, toolCall } from './support/initialize.ts';
import { appWith, listen } from './support/listen.ts';

interface Answer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly text: string;
}

async function connected(): Promise<ClientHttp2Session> {
  const app = await appWith(undefined, fastify({ http2: true }) as unknown as FastifyInstance);
  const session = connect(await listen(app));
  onTestFinished(() => session.destroy());
  return session;
}

function post(session: ClientHttp2Session, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/mcp', ...HEADERS, ...headers });
    let text = '';
    stream.on('response', (received) => {
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        text += chunk;
      });
      stream.on('end', () => resolve({ headers: received, text }));
    });
    stream.on('error', reject);
    stream.end(JSON.stringify(body));
  });
}

describe('over HTTP/2', () => {
  test('JSON, stream and error answers', async () => {
    const session = await connected();
    const opened = await post(session, INITIALIZE);
    expect(opened.headers[':status']).toBe(200);
    expect(JSON.parse(opened.text).result.serverInfo.name).toBe('demo');
    const own = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
    const counted = await post(session, toolCall('count'), own);
    expect(counted.headers['content-type']).toBe('text/event-stream');
    expect(counted.text).toContain('"text":"counted"');
    const unknown = await post(session, toolCall('count'), { 'mcp-session-id': 'unknown' });
    expect(unknown.headers[':status']).toBe(404);
  });

  test('the authority is checked as the host is over HTTP/1', async () => {
    const session = await connected();
    const answer = await post(session, INITIALIZE, { ':authority': 'evil.example' });
    expect(answer.headers[':status']).toBe(403);
    expect(JSON.parse(answer.text).error.message).toBe('Invalid Host header: evil.example');
  });
});
