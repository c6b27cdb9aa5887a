import { type McpServerInstance, protocolOf, type SdkServer } from '../protocol/server-instance.ts';

/** Servers that were built. They are held weakly: who has let go of one need not say so. */
export class BuiltServers {
  readonly #servers = new Set<WeakRef<SdkServer>>();
  readonly #known = new WeakSet<SdkServer>();
  readonly #collected = new FinalizationRegistry<WeakRef<SdkServer>>((server) => this.#servers.delete(server));

  /** How many of them are connected now. */
  get connected(): number {
    let count = 0;
    for (const server of this.#servers) if (server.deref()?.transport !== undefined) count += 1;
    return count;
  }

  add(instance: McpServerInstance): void {
    const server = protocolOf(instance);
    if (this.#known.has(server)) return;
    this.#known.add(server);
    const reference = new WeakRef(server);
    this.#servers.add(reference);
    this.#collected.register(server, reference);
  }
}
