import type { AuthInfo } from '../protocol/auth-info.ts';
import {
  isObject,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type JSONRPCResultResponse,
} from '../protocol/json-rpc.ts';
import type { MessageExtraInfo } from '../protocol/transport.ts';
import { REVISION_KEY } from '../request/classify-era.ts';
import { CAPABILITIES_KEY, MODERN_REVISION } from './fast-request.ts';
import { MODERN, type PooledTransport } from './pooled-transport.ts';

const META = { [REVISION_KEY]: MODERN_REVISION, [CAPABILITIES_KEY]: {} };
/** Pages of a list, beyond which it is not known. */
const MAX_PAGES = 100;

/** ms that a server may take to say which tools it has. */
const LIST_TIMEOUT_MS = 5_000;

/**
 * The tools of a server whose parameters are repeated in headers (`x-mcp-header`; MCP 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters). The
 * server itself is asked for them when a tool is called for the first time, and again when its list has changed.
 */
export class ParamHeaders {
  readonly #transport: PooledTransport;
  #tools: Promise<ReadonlySet<string> | undefined> | undefined;

  constructor(transport: PooledTransport) {
    this.#transport = transport;
  }

  /** Whether the SDK must compare the headers of this request with its parameters; so too where the server does not say. */
  async concern({ method, params }: JSONRPCRequest, authInfo: AuthInfo | undefined): Promise<boolean> {
    if (method !== 'tools/call') return false;
    this.#tools ??= this.#ask({ ...MODERN, ...(authInfo && { authInfo }) });
    const tools = await this.#tools;
    if (tools === undefined) this.#tools = undefined;
    return tools?.has(String(params?.name)) ?? true;
  }

  /** The server has told of a change. */
  follow({ method }: JSONRPCNotification): void {
    if (method === 'notifications/tools/list_changed') this.#tools = undefined;
  }

  /** The tools that declare such headers; `undefined` where the server does not say. */
  async #ask(extra: MessageExtraInfo): Promise<ReadonlySet<string> | undefined> {
    const declaring: string[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const list = await this.#page(cursor, extra);
      if (list === undefined) return undefined;
      declaring.push(...toolsWithHeaders(list.tools));
      if (list.nextCursor === undefined) return new Set(declaring);
      cursor = list.nextCursor;
    }
    return undefined;
  }

  #page(cursor: unknown, extra: MessageExtraInfo): Promise<JSONRPCResultResponse['result'] | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), LIST_TIMEOUT_MS).unref();
      const params = { _meta: META, ...(cursor !== undefined && { cursor }) };
      const asked = this.#transport.ask({ jsonrpc: '2.0', id: 0, method: 'tools/list', params }, extra, {
        told: () => {},
        answered: (response) => {
          clearTimeout(timer);
          resolve('result' in response ? response.result : undefined);
        },
      });
      if (asked !== undefined) return;
      clearTimeout(timer);
      resolve(undefined);
    });
  }
}

function toolsWithHeaders(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  const declaring = tools.filter(
    (tool) => isObject(tool) && JSON.stringify(tool.inputSchema)?.includes('"x-mcp-header"'),
  );
  return declaring.map(({ name }) => String(name));
}
