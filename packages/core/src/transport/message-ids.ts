import { randomUUID } from 'node:crypto';
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  JSONRPCResponse,
  RequestId,
} from '../protocol/json-rpc.ts';

const processPrefix = randomUUID().slice(0, 8);
let transports = 0;

/**
 * The ids of requests that a server sends to its client. Every server counts from 0, while one session may have been served by
 * several, here and elsewhere: on the wire the ids carry a prefix of their own, so that an answer finds the server that asked, and no other.
 * Progress tokens and cancellations name requests too and are mapped with them.
 */
export class OutboundIds {
  /** Of the transport: absent while it has never asked. */
  #prefix: string | undefined;
  /** Requests without an answer yet: wire id to the server's own. Absent while there never was one. */
  #pending: Map<RequestId, RequestId> | undefined;

  /** The server's own ids of the requests that wait for the client. */
  get pending(): RequestId[] {
    return [...(this.#pending?.values() ?? [])];
  }

  /** The message as the client sees it. */
  toWire(message: JSONRPCRequest | JSONRPCNotification): JSONRPCMessage {
    if ('id' in message) return this.#requestToWire(message);
    if (message.method !== 'notifications/cancelled') return message;
    const requestId = this.#wireId(message.params?.requestId);
    this.#pending?.delete(requestId);
    return { ...message, params: { ...message.params, requestId } };
  }

  /** A notification or answer of the client as the server knows it; `undefined` where it concerns no pending request of this server. */
  fromWire(message: JSONRPCMessage): JSONRPCMessage | undefined {
    if (!('method' in message)) return this.#answerFromWire(message);
    return message.method === 'notifications/progress' ? this.#progressFromWire(message) : message;
  }

  #answerFromWire(message: JSONRPCResponse): JSONRPCMessage | undefined {
    const wireId = message.id ?? '';
    const id = this.#pending?.get(wireId);
    if (id === undefined) return undefined;
    this.#pending?.delete(wireId);
    return { ...message, id };
  }

  #progressFromWire(message: JSONRPCNotification): JSONRPCMessage | undefined {
    const progressToken = this.#pending?.get(message.params?.progressToken as RequestId);
    return progressToken === undefined ? undefined : { ...message, params: { ...message.params, progressToken } };
  }

  #requestToWire(message: JSONRPCRequest): JSONRPCRequest {
    const id = this.#wireId(message.id);
    this.#pending ??= new Map();
    this.#pending.set(id, message.id);
    const progressToken = message.params?._meta?.progressToken;
    if (progressToken === undefined) return { ...message, id };
    const _meta = { ...message.params?._meta, progressToken: id };
    return { ...message, id, params: { ...message.params, _meta } };
  }

  #wireId(id: unknown): string {
    this.#prefix ??= nextPrefix();
    return `${this.#prefix}:${id}`;
  }
}

function nextPrefix(): string {
  transports += 1;
  return `${processPrefix}-${transports.toString(36)}`;
}
