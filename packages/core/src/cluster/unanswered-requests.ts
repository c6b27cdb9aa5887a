import { isRequest, type JSONRPCMessage, type RequestId } from '../protocol/json-rpc.ts';

/** The requests of one POST whose answers have not passed by. */
export class UnansweredRequests {
  /** Whether the body was an array. */
  readonly inArray: boolean;
  readonly #ids: Set<RequestId>;

  /** @param body - valid messages; `undefined` where there is none. */
  constructor(body: unknown) {
    this.inArray = Array.isArray(body);
    const messages = body === undefined ? [] : ([body].flat() as JSONRPCMessage[]);
    this.#ids = new Set(messages.filter(isRequest).map(({ id }) => id));
  }

  get any(): boolean {
    return this.#ids.size > 0;
  }

  get ids(): RequestId[] {
    return [...this.#ids];
  }

  /** One event of the answer. */
  noteFrame(frame: string): void {
    const data = /^data: ([^\n]+)/m.exec(frame)?.[1];
    if (data === undefined || !this.any) return;
    const message = JSON.parse(data) as JSONRPCMessage;
    if (!('method' in message)) this.#ids.delete(message.id as RequestId);
  }
}
