import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { Connection } from '../connection.ts';
import { initializeBody, initializedBody } from '../messages.ts';
import { quantile } from '../statistics.ts';

/** What the parent process asks for; each is answered with one message. */
export type ClientCommand =
  /** Opens sessions, `perTenant` for each tenant. Answers with their ids. */
  | {
      readonly do: 'open';
      readonly url: string;
      readonly sessions: number;
      readonly perTenant: number;
      readonly token?: string;
    }
  /** Calls a tool of each session in turn, one after another, and answers with the latency. */
  | { readonly do: 'call'; readonly url: string; readonly sessions: readonly Session[] }
  /** Calls a tool of every session again and again for some time. */
  | { readonly do: 'load'; readonly url: string; readonly sessions: readonly Session[]; readonly ms: number }
  /** Opens the stream of every session, or carries on the one that its last event names. */
  | { readonly do: 'listen'; readonly url: string; readonly sessions: readonly Session[] }
  /** What the streams have got so far, by session. */
  | { readonly do: 'heard' }
  /** Asks every session's server for the version of its factory. Answers with how many are at `version`. */
  | { readonly do: 'versions'; readonly url: string; readonly sessions: readonly Session[]; readonly version: number }
  /** Calls the tool that takes its time, and answers with what it says. */
  | { readonly do: 'slow'; readonly url: string; readonly session: Session };

/** A session as its client knows it. */
export interface Session {
  readonly id: string;
  readonly token: string;
  /** The id of the last event that its stream has got. */
  readonly lastEventId?: string;
}

/** What the stream of a session has got. */
export interface Heard {
  /** The ids of its events. */
  readonly events: readonly string[];
}

/** What calls took, ms; and how many were not answered as they must be. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly calls: number;
  readonly failures: number;
}

const CONNECTIONS = 32;

const heard = new Map<string, { events: string[] }>();
const listening: ClientRequest[] = [];

function headersOf(token: string, sessionId?: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    ...(sessionId && { 'mcp-session-id': sessionId }),
  };
}

function callOf(name: string, args: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
}

/** Runs `work` for every item, some at a time, each on one of the connections. */
async function onConnections<Item>(
  url: string,
  count: number,
  items: Iterator<Item>,
  work: (connection: Connection, item: Item) => Promise<void>,
): Promise<void> {
  const worker = async () => {
    const connection = new Connection(url);
    for (let next = items.next(); !next.done; next = items.next()) await work(connection, next.value);
    await connection.close();
  };
  await Promise.all(Array.from({ length: count }, worker));
}

async function open(command: ClientCommand & { do: 'open' }): Promise<Session[]> {
  const sessions: Session[] = [];
  await onConnections(command.url, CONNECTIONS, numbers(command.sessions), async (connection, number) => {
    const token = command.token ?? `tenant-${Math.floor(number / command.perTenant)}:${number}`;
    const { status, body, sessionId } = await connection.post(initializeBody, headersOf(token));
    if (status !== 200 || sessionId === undefined) throw new Error(`Not opened: ${status} ${body}`);
    await connection.post(initializedBody, headersOf(token, sessionId));
    sessions.push({ id: sessionId, token });
  });
  return sessions;
}

/** One call; whether it was answered as it must be. */
async function add(connection: Connection, { id, token }: Session, a: number): Promise<boolean> {
  try {
    const { status, body } = await connection.post(callOf('add-1', { a, b: 1 }), headersOf(token, id));
    return status === 200 && body.includes(`"text":"${a + 1}"`);
  } catch {
    return false;
  }
}

async function callEach(url: string, connections: number, sessions: Iterator<Session>): Promise<Latency> {
  const latencies: number[] = [];
  let failures = 0;
  await onConnections(url, connections, sessions, async (connection, session) => {
    const startedAt = performance.now();
    if (!(await add(connection, session, latencies.length))) failures += 1;
    latencies.push(performance.now() - startedAt);
  });
  return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), calls: latencies.length, failures };
}

function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number += 1) yield number;
}

function* inTurns(sessions: readonly Session[], ms: number): Generator<Session> {
  for (const end = Date.now() + ms; Date.now() < end; ) yield* sessions;
}

async function listen({ url, sessions }: ClientCommand & { do: 'listen' }): Promise<number> {
  await onConnections(url, CONNECTIONS, sessions[Symbol.iterator](), (_connection, session) =>
    openStream(url, session),
  );
  return listening.length;
}

async function openStream(url: string, { id, token, lastEventId }: Session): Promise<void> {
  const headers = { ...headersOf(token, id), ...(lastEventId && { 'last-event-id': lastEventId }) };
  const request = get(url, { agent: false, headers });
  listening.push(request);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`No stream: ${response.statusCode}`);
  const { events } = heard.get(id) ?? { events: [] };
  heard.set(id, { events });
  // A server that is killed takes the stream with it.
  response.on('error', () => {});
  response.setEncoding('utf8').on('data', (text: string) => {
    for (const [, eventId = ''] of text.matchAll(/event: message\nid: (\S+)/g)) events.push(eventId);
  });
}

async function atVersion({ url, sessions, version }: ClientCommand & { do: 'versions' }): Promise<number> {
  let count = 0;
  await onConnections(url, CONNECTIONS, sessions[Symbol.iterator](), async (connection, { id, token }) => {
    const { body } = await connection.post(callOf('version', {}), headersOf(token, id));
    if (body.includes(`"text":"${version}"`)) count += 1;
  });
  return count;
}

async function slow({ url, session }: ClientCommand & { do: 'slow' }): Promise<string> {
  const connection = new Connection(url);
  const { body } = await connection.post(callOf('slow', {}), headersOf(session.token, session.id));
  await connection.close();
  return body;
}

async function obey(command: ClientCommand): Promise<unknown> {
  switch (command.do) {
    case 'open':
      return open(command);
    case 'call':
      return callEach(command.url, 1, command.sessions[Symbol.iterator]());
    case 'load':
      return callEach(command.url, CONNECTIONS, inTurns(command.sessions, command.ms));
    case 'listen':
      return listen(command);
    case 'heard':
      return Object.fromEntries(heard);
    case 'versions':
      return atVersion(command);
    case 'slow':
      return slow(command);
  }
}

// A rejection ends the process, and with it the run.
process.on('message', async (command: ClientCommand) => process.send?.(await obey(command)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
