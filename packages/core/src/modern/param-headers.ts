import { unheard } from '../errors.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import {
  isObject,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type JSONRPCResultResponse,
} from '../protocol/json-rpc.ts';
import type { MessageExtraInfo } from '../protocol/transport.ts';
import { OWN_META } from './fast-request.ts';
import { MODERN, type PooledTransport } from './pooled-transport.ts';

/** Pages of a list, beyond which it is not known. */
const MAX_PAGES = 100;
/** ms that a server may take for a page. */
const PAGE_TIMEOUT_MS = 5_000;
/** ms after which a server that did not say is asked again. */
const ASK_AGAIN_MS = 60_000;

/**
 * The tools of a server whose parameters are repeated in headers (`x-mcp-header`; MCP 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters). The
 * server itself is asked for its tools when one is called for the first time, and again when its list has changed.
 */
export class ParamHeaders {
  readonly #transport: PooledTransport;
  /** The tools without such headers; `undefined` where they are not known. */
  #plain: ReadonlySet<string> | undefined;
  #asking: Promise<void> | undefined;
  #askAgainAt = 0;
  /** How many changes the server has told of. */
  #changes = 0;

  constructor(transport: PooledTransport) {
    this.#transport = transport;
  }

  /** Whether no headers of this request have to be compared with its parameters. They have to for a tool that the server has not told of. */
  excuse({ method, params }: JSONRPCRequest, authInfo: AuthInfo | undefined): boolean | Promise<boolean> {
    if (method !== 'tools/call') return true;
    const name = String(params?.name);
    if (this.#plain !== undefined) return this.#plain.has(name);
    if (Date.now() < this.#askAgainAt) return false;
    this.#asking ??= this.#ask({ ...MODERN, ...(authInfo && { authInfo }) });
    return this.#asking.then(() => this.#plain?.has(name) ?? false);
  }

  /** The server has told of a change. */
  follow({ method }: JSONRPCNotification): void {
    if (method !== 'notifications/tools/list_changed') return;
    this.#changes += 1;
    this.#plain = undefined;
    this.#askAgainAt = 0;
  }

  async #ask(extra: MessageExtraInfo): Promise<void> {
    const changes = this.#changes;
    const tools = await this.#allTools(extra);
    this.#asking = undefined;
    if (tools === undefined) this.#askAgainAt = Date.now() + ASK_AGAIN_MS;
    else if (changes === this.#changes) this.#plain = new Set(tools.filter(isPlain).map(({ name }) => String(name)));
  }

  /** `undefined` where the server does not say. */
  async #allTools(extra: MessageExtraInfo): Promise<Record<string, unknown>[] | undefined> {
    const tools: Record<string, unknown>[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const list = await this.#page(cursor, extra);
      if (list === undefined || !Array.isArray(list.tools)) return undefined;
      tools.push(...list.tools.filter(isObject));
      if (list.nextCursor === undefined) return tools;
      cursor = list.nextCursor;
    }
    return undefined;
  }

  #page(cursor: unknown, extra: MessageExtraInfo): Promise<JSONRPCResultResponse['result'] | undefined> {
    const params = { _meta: OWN_META, ...(cursor !== undefined && { cursor }) };
    return new Promise((resolve) => {
      const done = (list: JSONRPCResultResponse['result'] | undefined) => {
        clearTimeout(timer);
        resolve(list);
      };
      const asked = this.#transport.ask({ jsonrpc: '2.0', id: 0, method: 'tools/list', params }, extra, {
        told: unheard,
        closed: () => done(undefined),
        answered: (response) => done('result' in response ? response.result : undefined),
      });
      const giveUp = () => {
        if (asked !== undefined) this.#transport.cancel(asked, 'No answer in time');
        resolve(undefined);
      };
      const timer = setTimeout(giveUp, asked === undefined ? 0 : PAGE_TIMEOUT_MS).unref();
    });
  }
}

/** Whether none of a tool's parameters is repeated in a header. */
function isPlain({ inputSchema }: Record<string, unknown>): boolean {
  return !JSON.stringify(inputSchema)?.includes('"x-mcp-header"');
}
