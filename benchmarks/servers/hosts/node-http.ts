import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Tenancy } from '@mcp-tenancy/core';
import { bareAnswer } from '../bare-answer.ts';

export function serverOf(tenancy: Tenancy): Server {
  return createServer(tenancy.handler);
}

export function bareServer(): Server {
  return createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => answer(req, res, Buffer.concat(chunks).toString()));
  });
}

function answer({ method, url, headers: { authorization } }: IncomingMessage, res: ServerResponse, text: string): void {
  const served = url === '/mcp' && (method === 'POST' || method === 'DELETE');
  if (!served) return void res.writeHead(404).end();
  const { status, headers, body } = bareAnswer(authorization, text === '' ? undefined : JSON.parse(text));
  if (body === undefined) return void res.writeHead(status, headers).end();
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const ofBody = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
  res.writeHead(status, { ...ofBody, ...headers }).end(sent);
}
