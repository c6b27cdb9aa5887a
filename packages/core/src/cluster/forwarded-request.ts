import { sessionNotFound, shuttingDown, storeUnavailable, TenancyError } from '../errors.ts';
import { type Caller, callerOf } from '../identity/session-filter.ts';
import type { ActiveRequest } from '../transport/active-requests.ts';
import type { CallerRequest } from '../transport/caller-request.ts';
import { frameOf } from '../transport/event-frames.ts';
import { lostAnswer } from '../transport/lost-answers.ts';
import type { HeaderList } from '../transport/response-sink.ts';
import type { AnswerPart, ToOwner } from './fleet-messages.ts';
import { UnansweredRequests } from './unanswered-requests.ts';

/** A request that another process answers: its client is connected to this one. */
export class ForwardedRequest implements ActiveRequest {
  readonly caller: Caller;
  readonly #exchange: string;
  readonly #request: CallerRequest;
  readonly #tell: (message: ToOwner) => void;
  readonly #unanswered: UnansweredRequests;
  /** Settles when the answer has begun, with `false` where the session is not there. */
  readonly #begun = Promise.withResolvers<boolean>();
  readonly #over = Promise.withResolvers<void>();
  /** Whether the other process may have begun to work on it. */
  #maybeTaken = false;
  #taken = false;
  #streaming = false;
  /** What its client is told where a stream would begin that must not. */
  #refusal: TenancyError | undefined;
  #parts = 0;

  /** @param tell - tells the process that owns the session. */
  constructor(exchange: string, request: CallerRequest, body: unknown, tell: (message: ToOwner) => void) {
    this.caller = callerOf(request.identity);
    this.#exchange = exchange;
    this.#request = request;
    this.#tell = tell;
    this.#unanswered = new UnansweredRequests(body);
    const { sink } = request;
    sink.onGone(() => this.#giveUp());
  }

  /** Settles when the answer has begun, with `false` where the session is not there (any more). Rejects with `store_unavailable`. */
  get begun(): Promise<boolean> {
    return this.#begun.promise;
  }

  /** Settles when nothing more is to come. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Whether the other process works on it. */
  get taken(): boolean {
    return this.#taken;
  }

  /** It has been sent. `arrived`: whether anybody may have heard it; where nobody has, the session is looked for once more. */
  sent(arrived: boolean): void {
    if (arrived) this.#maybeTaken = true;
    else if (!this.#maybeTaken) this.#finish(false);
  }

  onTaken(): void {
    this.#taken = true;
  }

  onMoved(): void {
    this.#finish(false);
  }

  /** The next part of the answer. One that is missing cannot be had any more: the client comes back for it where it can. */
  onPart(number: number, part: AnswerPart): void {
    this.#taken = true;
    this.#parts += 1;
    if (number === this.#parts) this.#pass(part);
    else this.lose();
  }

  /** The process that owned the session is gone. What it cannot have begun is for another. */
  onOwnerGone(): void {
    if (this.#taken || (this.#maybeTaken && this.#unanswered.any)) this.lose();
    else this.#finish(false);
  }

  /** Nothing more of the answer can be had. Calls are answered with an error; streams end, for the client to come back. */
  lose(): void {
    const { sink } = this.#request;
    if (sink.closed) return;
    const errors = this.#unanswered.ids.map(lostAnswer);
    if (!this.#streaming && errors.length === 0) {
      this.#refuse(storeUnavailable(new Error('The process that has the session is gone')));
      return;
    }
    if (this.#streaming) {
      for (const error of errors) sink.write(frameOf(error, undefined));
      sink.end();
    } else {
      const body = this.#unanswered.inArray ? `[${errors.join(',')}]` : errors[0];
      sink.answer(200, body, ['content-type', 'application/json']);
    }
    this.#giveUp();
  }

  /** The client must not be told anything any more: not by this token. */
  end(): void {
    this.#endStream(sessionNotFound());
  }

  /** Ends a stream that waits for something to say: its client may come back for it somewhere else. */
  hangUp(): void {
    if (this.#request.facts.method === 'GET') this.#endStream(shuttingDown());
  }

  /** It has not been sent, and may never be. */
  onUnsent(error: unknown): void {
    if (!this.#taken) this.#refuse(error instanceof TenancyError ? error : storeUnavailable(error));
  }

  #pass(part: AnswerPart): void {
    const { sink } = this.#request;
    switch (part.part) {
      case 'open':
        this.#open(part.headers);
        break;
      case 'write':
        this.#unanswered.noteFrame(part.text);
        sink.write(part.text);
        break;
      case 'flush':
        void this.#flush();
        break;
      case 'end':
        this.#finish(true);
        sink.end();
        break;
      case 'answer':
        this.#finish(true);
        sink.answer(part.status, part.body, part.headers);
    }
  }

  #open(headers: HeaderList): void {
    if (this.#refusal === undefined) {
      this.#streaming = true;
      this.#request.sink.openStream(headers);
      this.#begun.resolve(true);
    } else {
      this.#refuse(this.#refusal);
    }
  }

  #endStream(refusal: TenancyError): void {
    this.#refusal = refusal;
    if (!this.#streaming) return;
    this.#request.sink.end();
    this.#giveUp();
  }

  async #flush(): Promise<void> {
    await this.#request.sink.flushed();
    this.#tell({ type: 'flushed', exchange: this.#exchange });
  }

  #refuse(error: unknown): void {
    this.#begun.reject(error);
    this.#giveUp();
  }

  /** Nobody here waits for the rest. */
  #giveUp(): void {
    this.#tell({ type: 'gone', exchange: this.#exchange });
    this.#finish(true);
  }

  #finish(begun: boolean): void {
    this.#begun.resolve(begun);
    this.#over.resolve();
  }
}
