import type { Readable } from 'node:stream';

/** One SSE event. */
export interface WireEvent {
  readonly id?: string;
  readonly event?: string;
  readonly retry?: string;
  readonly data?: string;
  /** Present for a comment frame. */
  readonly comment?: string;
}

/** Reads a body: as text, or event by event. */
export interface EventReader {
  /** The next event or comment; `undefined` at the end. */
  next(): Promise<WireEvent | undefined>;
  /** The next JSON-RPC message that `accept` accepts; those before it are passed over. Rejects at the end. */
  message(accept?: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Whatever has not been read yet, to the end. */
  rest(): Promise<string>;
}

/** An {@link EventReader} of a response. */
export function readEvents(body: Readable): EventReader {
  const chunks = body.setEncoding('utf8')[Symbol.asyncIterator]();
  let buffered = '';
  let lastChunk = '';
  /** Whether it is worth to search all that is buffered: a frame of many megabytes comes in many chunks. */
  let mayHoldFrame = false;

  const more = async (): Promise<boolean> => {
    const { done, value } = await chunks.next();
    if (done) return false;
    mayHoldFrame ||= `${lastChunk.slice(-1)}${value}`.includes('\n\n');
    lastChunk = value;
    buffered += value;
    return true;
  };

  const next = async (): Promise<WireEvent | undefined> => {
    for (;;) {
      const end = mayHoldFrame ? buffered.indexOf('\n\n') : -1;
      mayHoldFrame = end !== -1;
      if (mayHoldFrame) {
        const frame = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        return eventOf(frame);
      }
      if (!(await more())) return undefined;
    }
  };

  return {
    next,
    message: async (accept = () => true) => {
      for (;;) {
        const event = await next();
        if (event === undefined) throw new Error('The stream ended before the message came');
        const message = event.data ? JSON.parse(event.data) : undefined;
        if (message !== undefined && accept(message)) return message;
      }
    },
    rest: async () => {
      while (await more());
      return buffered;
    },
  };
}

function eventOf(frame: string): WireEvent {
  const fields = frame.split('\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon) || 'comment', line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(fields);
}
