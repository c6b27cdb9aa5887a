// Loaded into a program before it begins (NODE_OPTIONS=--import): what it would do with port 3000 it does with another one, so that
// documented code runs as it is while that port is taken. A server prints `port NUMBER`. SERVER_PORT is where a client finds its
// server, RUN_IN the folder that files are written to.
import { Server } from 'node:net';

const PORT = 3000;
const { SERVER_PORT, RUN_IN } = process.env;
const { fetch } = globalThis;
const { listen } = Server.prototype;

if (RUN_IN !== undefined) process.chdir(RUN_IN);

Server.prototype.listen = function (this: Server, ...args: unknown[]) {
  this.once('listening', () => {
    const address = this.address();
    if (typeof address === 'object') console.log(`port ${address?.port}`);
  });
  return Reflect.apply(listen, this, args.map(anyPort));
} as typeof listen;

globalThis.fetch = (input, init) => {
  if (input instanceof Request) return fetch(input, init);
  const url = new URL(input);
  if (SERVER_PORT !== undefined && url.port === String(PORT)) url.port = SERVER_PORT;
  return fetch(url, init);
};

function anyPort(arg: unknown): unknown {
  if (arg === PORT) return 0;
  return typeof arg === 'object' && arg !== null && 'port' in arg && arg.port === PORT ? { ...arg, port: 0 } : arg;
}
