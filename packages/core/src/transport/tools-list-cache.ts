import type { JSONRPCRequest, JSONRPCResponse } from '../protocol/json-rpc.ts';
import type { CallObserver } from './tool-calls.ts';

/** The last answer of one server to `tools/list`, as long as the server has told of no change. */
export class ToolsListCache {
  /** The result, as JSON. */
  #list: string | undefined;
  /** How many changes the server has told of. */
  #changes = 0;

  /** The response to a request for the list, where it is known; as JSON. */
  answerTo(request: JSONRPCRequest): string | undefined {
    if (this.#list === undefined || !asksForList(request)) return undefined;
    return `{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":${this.#list}}`;
  }

  /** Keeps what the server answers to a request for the list, unless the list has changed meanwhile. */
  observe(request: JSONRPCRequest): CallObserver | undefined {
    if (!asksForList(request)) return undefined;
    const changes = this.#changes;
    return {
      answered: (response) => {
        if (changes === this.#changes && isWholeList(response)) this.#list = JSON.stringify(response.result);
      },
      abandoned: () => {},
    };
  }

  /** The list has changed. */
  drop(): void {
    this.#changes += 1;
    this.#list = undefined;
  }
}

/** Whether a request asks for the list and for nothing special: without a cursor, and without `_meta` that a server might look at. */
function asksForList({ method, params }: JSONRPCRequest): boolean {
  return method === 'tools/list' && (params === undefined || Object.keys(params).length === 0);
}

function isWholeList(response: JSONRPCResponse): response is JSONRPCResponse & { result: object } {
  return 'result' in response && response.result.nextCursor === undefined && response.result._meta === undefined;
}
