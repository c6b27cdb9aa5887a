import { expect, it, vi } from 'vitest';
import { RemoteSink } from '../../src/cluster/remote-sink.ts';

it('tells who asks too late that the client has gone, and nobody of what is said then', async () => {
  const send = vi.fn(async () => true);
  const sink = new RemoteSink({ send, lost: () => expect.fail('Nothing is lost') }, 1_000);
  sink.openStream([]);
  sink.gone();
  const listener = vi.fn();
  sink.onGone(listener);
  expect(listener).toHaveBeenCalledTimes(1);
  sink.write('data: {}\n\n');
  sink.openStream([]);
  sink.end();
  sink.answer(200, '{}', []);
  expect(sink.flushed()).toBeUndefined();
  await sink.done;
  expect(send).toHaveBeenCalledTimes(1);
  expect(sink.closed).toBe(true);
});
