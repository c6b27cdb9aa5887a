import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rawConnection, rawRequest } from '../support/raw-connection.ts';
import { eventsOf, eventually, gate, said, serve, serverWith } from '../support/tenancy-server.ts';

const ANSWERED = /HTTP\/1\.1 200/g;

describe('pipelined requests', () => {
  it('are answered in order, and leave no listener on the connection', async () => {
    const served = await serve({ createServer: () => serverWith({}) });
    const client = await served.open();
    const connected = once(served.http, 'connection') as Promise<[Socket]>;
    const connection = rawConnection(served.url);
    const [socket] = await connected;
    const ping = () => rawRequest('POST', client.headers, JSON.stringify(client.request('ping')));
    const answers = (count: number) => (text: string) => text.match(ANSWERED)?.length === count;
    connection.write(ping());
    await connection.until(answers(1));
    const before = socket.listenerCount('close');

    connection.write(Array.from({ length: 30 }, ping).join(''));
    const text = await connection.until((received) => answers(31)(received) && received.endsWith('}'));

    const ids = Array.from(text.matchAll(/"id":(\d+)/g), ([, id]) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids).toHaveLength(31);
    await eventually(() => socket.listenerCount('close') <= before);
  });

  it('end with their connection, also those that have not had their turn', async () => {
    const served = await serve({ createServer: () => serverWith({}), sessions: { idleTimeoutMs: 80 } });
    const [first, second] = [await served.open(), await served.open()];
    const ends = eventsOf(served.tenancy, 'sessionEnded');
    let arrived = 0;
    served.http.on('request', () => {
      arrived += 1;
    });
    const connection = rawConnection(served.url);

    connection.write(rawRequest('GET', first.headers) + rawRequest('GET', second.headers));
    await connection.until((text) => text.includes('text/event-stream'));
    await eventually(() => arrived === 2);
    connection.close();

    await eventually(() => ends.length === 2);
    expect(ends.map(({ reason }) => reason)).toEqual(['idle', 'idle']);
  });

  it('are answered also where the one before them takes long', async () => {
    const [started, finish] = [gate(), gate()];
    const slow = async () => {
      started.open();
      await finish.opened;
      return said('slow');
    };
    const served = await serve({ createServer: () => serverWith({ slow }) });
    const client = await served.open();
    const connection = rawConnection(served.url);
    const bodies = [client.request('tools/call', { name: 'slow' }), client.request('ping')];

    connection.write(bodies.map((body) => rawRequest('POST', client.headers, JSON.stringify(body))).join(''));
    await started.opened;
    finish.open();

    const text = await connection.until((received) => received.match(ANSWERED)?.length === 2);
    expect(text.indexOf('slow')).toBeLessThan(text.lastIndexOf('"result"'));
  });
});
