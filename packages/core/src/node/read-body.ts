import type { Readable } from 'node:stream';
import { TenancyError } from '../errors.ts';

/** Throws `payload_too_large` for a body that is larger than `maxBytes`, or is declared to be. */
export function assertBodySize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw tooLarge(maxBytes);
}

/**
 * The bytes of a body. Throws, or rejects, with `payload_too_large` as soon as more than `maxBytes` have arrived, without keeping them, and with
 * `parse_error` for a body that breaks off.
 *
 * @param declaredBytes - its length as the client has declared it, where the stream is what the client has sent.
 */
export function readBody(body: Readable, maxBytes: number, declaredBytes = 0): Buffer | Promise<Buffer> {
  return hasArrived(body, declaredBytes) ? readAtOnce(body, maxBytes) : readAsItArrives(body, maxBytes);
}

/** Whether all of it waits to be read, which it does in nearly every call, and nobody else has begun to. */
function hasArrived(body: Readable, declaredBytes: number): boolean {
  return (
    declaredBytes > 0 &&
    body.readableLength === declaredBytes &&
    body.readableFlowing === null &&
    body.readableEncoding === null &&
    !body.destroyed
  );
}

function readAtOnce(body: Readable, maxBytes: number): Buffer {
  const bytes: Buffer = body.read();
  // Its end has to be read, too.
  body.resume();
  assertBodySize(bytes.length, maxBytes);
  return bytes;
}

function readAsItArrives(body: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const settle = (settled: () => void) => {
      body.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      settled();
    };
    const onData = (chunk: unknown) => {
      const bytes = bytesOf(chunk, body.readableEncoding);
      if (bytes === undefined) return onCut();
      received += bytes.length;
      if (received <= maxBytes) {
        chunks.push(bytes);
        return;
      }
      settle(() => reject(tooLarge(maxBytes)));
      body.resume();
    };
    const onEnd = () => settle(() => resolve(joined(chunks)));
    const onCut = () => settle(() => reject(new TenancyError('parse_error', 'Parse error: Invalid JSON')));
    body.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
    // A client that had gone before this: nothing more will be emitted.
    if (body.destroyed) onCut();
  });
}

/** Streams give text where somebody has set an encoding, and bytes of other kinds where they were made of them. */
function bytesOf(chunk: unknown, encoding: BufferEncoding | null): Buffer | undefined {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding ?? 'utf8');
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : undefined;
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): TenancyError {
  return new TenancyError('payload_too_large', `Payload Too Large: Request body must not exceed ${maxBytes} bytes`);
}
