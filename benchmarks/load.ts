import { Connection } from './connection.ts';
import { quantile } from './statistics.ts';
import { tokens } from './tokens.ts';
import { assertAnswer, initializeBody, initializedBody, toolCall } from './tool-call.ts';

/** What the client has seen in one round. */
export interface RoundOfClient {
  /** Answers, all of them right. */
  readonly requests: number;
  /** From the first request to the last answer, ms. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the client, µs. */
  readonly clientCpuMicros: number;
}

type Headers = Readonly<Record<string, string>>;

interface Lane {
  readonly connection: Connection;
  readonly headers: Headers;
}

/** Connections to one server, spread over its sessions; one request at a time on each. */
export class Load {
  readonly #lanes: readonly Lane[];
  #calls = 0;

  private constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  /** Opens one session for each token. Rejects where the server refuses one. */
  static async open(url: string, connections: number): Promise<Load> {
    const opening = new Connection(url);
    const sessions: Headers[] = [];
    for (const token of tokens) sessions.push(await openSession(opening, token));
    await opening.close();
    const lanes = Array.from({ length: connections }, (_, index) => ({
      connection: new Connection(url),
      headers: sessions[index % sessions.length] ?? {},
    }));
    return new Load(lanes);
  }

  /** Keeps every connection busy for `durationMs`. Rejects at the first wrong answer. */
  async round(durationMs: number): Promise<RoundOfClient> {
    const latencies: number[] = [];
    const cpu = process.cpuUsage();
    const start = performance.now();
    await Promise.all(this.#lanes.map((lane) => this.#drive(lane, start + durationMs, latencies)));
    const elapsedMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return {
      requests: latencies.length,
      elapsedMs,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      clientCpuMicros: user + system,
    };
  }

  async #drive({ connection, headers }: Lane, until: number, latencies: number[]): Promise<void> {
    for (let sent = performance.now(); sent < until; ) {
      this.#calls += 1;
      const call = toolCall(this.#calls);
      const answer = await connection.post(call.body, headers);
      const received = performance.now();
      latencies.push(received - sent);
      assertAnswer(call, answer);
      sent = received;
    }
  }
}

async function openSession(connection: Connection, token: string): Promise<Headers> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
  const { status, sessionId, body } = await connection.post(initializeBody, headers);
  if (status !== 200 || sessionId === undefined) throw new Error(`Wrong answer to initialize: ${status} ${body}`);
  const ofSession = { ...headers, 'mcp-session-id': sessionId, 'mcp-protocol-version': '2025-11-25' };
  const initialized = await connection.post(initializedBody, ofSession);
  if (initialized.status !== 202) throw new Error(`Wrong answer to notifications/initialized: ${initialized.status}`);
  return ofSession;
}
