import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection whose bytes are the test's own. */
export interface RawConnection {
  write(text: string): void;
  /** Everything received, as soon as `accept` accepts it. */
  until(accept: (received: string) => boolean): Promise<string>;
  /** Stops reading what comes. */
  pause(): void;
  close(): void;
}

/** Connects to the origin of `url`, until the test ends. */
export function rawConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  let received = '';
  let notice = () => {};
  socket.on('data', (data) => {
    received += data;
    notice();
  });
  onTestFinished(() => void socket.destroy());
  return {
    write: (text) => void socket.write(text),
    until: (accept) =>
      new Promise((resolve, reject) => {
        notice = () => accept(received) && resolve(received);
        socket.once('close', () => reject(new Error(`The connection was closed after ${received}`)));
        notice();
      }),
    pause: () => void socket.pause(),
    close: () => void socket.destroy(),
  };
}

/** A request as text. */
export function rawRequest(method: string, headers: Readonly<Record<string, string>>, body = ''): string {
  const all = { host: 'localhost', ...headers, 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} /mcp HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
