import { Chain } from '../chain.ts';
import { serverUnavailable } from '../errors.ts';
import type { EffectiveLimits } from '../tenant/limits.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { withinTime } from '../within-time.ts';

/** The clients that wait for a session to answer, and have no call in flight yet. */
export class WaitingClients {
  readonly #sinks = new Chain<ResponseSink>();
  readonly #onSettled: () => void;

  /** @param onSettled - called when one of them waits no more. */
  constructor(onSettled: () => void) {
    this.#onSettled = onSettled;
  }

  /** Whether one of them is still there. */
  get any(): boolean {
    return this.#sinks.first !== undefined && this.#sinks.toArray().some(({ closed }) => !closed);
  }

  /** Those that wait by this token must not get what they wait for. */
  revoke(tokenDigest: string): void {
    for (const { credential } of this.#sinks.toArray()) {
      if (credential?.tokenDigest === tokenDigest) credential.revoked = true;
    }
  }

  /** One waits until it is answered. */
  add(sink: ResponseSink): void {
    const place = this.#sinks.add(sink);
    void sink.done.then(() => this.#sinks.remove(place));
  }

  /** One waits as long as `work` takes. */
  async during<Result>(sink: ResponseSink, work: Promise<Result>): Promise<Result> {
    const place = this.#sinks.add(sink);
    try {
      return await work;
    } finally {
      this.#sinks.remove(place);
      this.#onSettled();
    }
  }

  /** One waits for a server: not for longer than its tenant's calls may take. Rejects with `server_unavailable`. */
  forServer<Result>(
    { sink, limits }: { sink: ResponseSink; limits: EffectiveLimits },
    server: Promise<Result>,
  ): Promise<Result> {
    const { callTimeoutMs } = limits;
    if (callTimeoutMs === undefined) return this.during(sink, server);
    const late = () => serverUnavailable(new Error(`No server within ${callTimeoutMs} ms`));
    return this.during(sink, withinTime(server, callTimeoutMs, late));
  }
}
