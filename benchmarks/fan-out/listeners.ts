import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { Connection } from '../connection.ts';
import type { Message } from '../messages.ts';
import { headersOf, openSession } from '../open-session.ts';
import { tokenOf } from '../tokens.ts';

/** What the parent process asks for; each is answered with one message. */
export type ListenersCommand =
  /** Opens sessions of a tenant, each with its stream. Answers with their number. */
  | { readonly do: 'listen'; readonly url: string; readonly tenant: number; readonly streams: number }
  /** Says how many notifications every stream of the first tenant is going to get. */
  | { readonly do: 'expect'; readonly url: string; readonly each: number }
  /** Waits until all of them are there. Answers with how many those are altogether. */
  | { readonly do: 'hear'; readonly url: string };

const METHOD = 'notifications/tools/list_changed';

/** The streams of one server, and what they have got. */
class Listeners {
  readonly #requests: ClientRequest[] = [];
  readonly #heard: number[] = [];
  #expected = 0;
  #complete = 0;
  #all = Promise.withResolvers<number>();

  async listen(url: string, tenant: number, streams: number): Promise<number> {
    const connection = new Connection(url);
    for (let count = 0; count < streams; count += 1) {
      const headers = await openSession(connection, headersOf(tokenOf(tenant)), false);
      // Only the first tenant is ever told something.
      const number = tenant === 0 ? this.#heard.push(0) - 1 : undefined;
      await this.#openStream(url, headers, number);
    }
    await connection.close();
    return this.#requests.length;
  }

  expect(each: number): number {
    this.#heard.fill(0);
    this.#expected = each;
    this.#complete = 0;
    this.#all = Promise.withResolvers();
    return each;
  }

  hear(): Promise<number> {
    return this.#all.promise;
  }

  #openStream(url: string, headers: Readonly<Record<string, string>>, number: number | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: false, headers }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`No stream: ${response.statusCode}`));
        this.#read(response, number);
        resolve();
      });
      request.on('error', reject);
      this.#requests.push(request);
    });
  }

  #read(response: IncomingMessage, number: number | undefined): void {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : '';
        if (data !== '') this.#event(data, number);
      }
    });
  }

  #event(data: string, number: number | undefined): void {
    const { jsonrpc, method } = JSON.parse(data) as Message;
    if (number === undefined || jsonrpc !== '2.0' || method !== METHOD) throw new Error(`Not expected: ${data}`);
    const heard = (this.#heard[number] ?? 0) + 1;
    if (heard > this.#expected) throw new Error(`More than ${this.#expected} notifications`);
    this.#heard[number] = heard;
    if (heard < this.#expected) return;
    this.#complete += 1;
    if (this.#complete === this.#heard.length) this.#all.resolve(heard * this.#complete);
  }
}

const listeners = new Map<string, Listeners>();

async function obey(command: ListenersCommand): Promise<unknown> {
  const ofServer = listeners.get(command.url) ?? new Listeners();
  listeners.set(command.url, ofServer);
  switch (command.do) {
    case 'listen':
      return ofServer.listen(command.url, command.tenant, command.streams);
    case 'expect':
      return ofServer.expect(command.each);
    case 'hear':
      return ofServer.hear();
  }
}

// A rejection ends the process, and with it the run.
process.on('message', async (command: ListenersCommand) => process.send?.(await obey(command)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
