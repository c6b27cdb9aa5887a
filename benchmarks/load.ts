import { setTimeout } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { LoadPlan } from './load-plan.ts';
import { headersOf, openSession } from './open-session.ts';
import { quantile } from './statistics.ts';
import { stayAwake } from './stay-awake.ts';
import { tokenOf } from './tokens.ts';
import type { Work } from './works/work.ts';
import { works } from './works/works.ts';

/** What the client has seen in one round. */
export interface RoundOfClient {
  /** Operations, all of them answered rightly. */
  readonly requests: number;
  /** From the first request to the last answer, ms. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** For how long the client had nothing to do, ms. */
  readonly idleMs: number;
}

type Headers = Readonly<Record<string, string>>;

/** Connections to one server, spread over its sessions; one operation at a time on each. */
export class Load {
  readonly #plan: LoadPlan;
  readonly #work: Work;
  readonly #connections: readonly Connection[];
  readonly #sessions: readonly Headers[];
  #operations = 0;

  private constructor(plan: LoadPlan, connections: readonly Connection[], sessions: readonly Headers[]) {
    this.#plan = plan;
    this.#work = works[plan.work];
    this.#connections = connections;
    this.#sessions = sessions;
  }

  /** Opens the sessions of the plan. Rejects where the server refuses one. */
  static async open(url: string, plan: LoadPlan): Promise<Load> {
    const connections = Array.from({ length: plan.connections }, () => new Connection(url));
    if (!works[plan.work].inSession) {
      const callers = Array.from({ length: plan.tenants }, (_, tenant) => headersOf(tokenOf(tenant)));
      return new Load(plan, connections, callers);
    }
    await openSessions(connections, plan.idleSessions, plan);
    return new Load(plan, connections, await openSessions(connections, plan.sessions, plan));
  }

  /** Keeps every connection busy for `durationMs`. Rejects at the first wrong answer. */
  async round(durationMs: number): Promise<RoundOfClient> {
    const latencies: number[] = [];
    // At a bounded rate it has nothing to do most of the time, and speed is not what is looked at.
    const idle = this.#plan.ratePerSecond === undefined ? stayAwake(() => latencies.length) : () => Number.NaN;
    const start = performance.now();
    await Promise.all(this.#connections.map((_, lane) => this.#drive(lane, start, start + durationMs, latencies)));
    const elapsedMs = performance.now() - start;
    return {
      requests: latencies.length,
      elapsedMs,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      idleMs: idle(),
    };
  }

  /** One operation after another on the first connection, as many as are asked for. */
  async operations(count: number): Promise<number> {
    for (let done = 0; done < count; done += 1) await this.#operate(0);
    return count;
  }

  async #drive(lane: number, start: number, until: number, latencies: number[]): Promise<void> {
    const intervalMs = (1_000 * this.#plan.connections) / (this.#plan.ratePerSecond ?? Number.POSITIVE_INFINITY);
    // Connections take turns within the interval.
    let next = start + (intervalMs * lane) / this.#plan.connections;
    for (let sent = performance.now(); Math.max(sent, next) < until; ) {
      if (next > sent) {
        await setTimeout(next - sent);
        sent = performance.now();
      }
      await this.#operate(lane);
      const received = performance.now();
      latencies.push(received - sent);
      next = Math.max(next + intervalMs, received - intervalMs);
      sent = received;
    }
  }

  #operate(lane: number): Promise<void> {
    this.#operations += 1;
    const session = this.#plan.rotate ? this.#operations : lane;
    const connection = this.#connections[lane] as Connection;
    const headers = this.#sessions[session % this.#sessions.length] as Headers;
    return this.#work.operate({ connection, headers }, this.#operations);
  }
}

/** Opens `count` sessions, the tenants in turn, over all connections. */
async function openSessions(connections: readonly Connection[], count: number, plan: LoadPlan): Promise<Headers[]> {
  const sessions: Headers[] = [];
  let begun = 0;
  const worker = async (connection: Connection) => {
    while (begun < count) {
      const number = begun;
      begun += 1;
      sessions[number] = await openSession(connection, headersOf(tokenOf(number % plan.tenants)), plan.stateless);
    }
  };
  await Promise.all(connections.map(worker));
  return sessions;
}
