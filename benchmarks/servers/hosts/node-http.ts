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

function answer(req: IncomingMessage, res: ServerResponse, text: string): void {
  if (req.method !== 'POST' || req.url !== '/mcp') return void res.writeHead(404).end();
  const { status, headers, body } = bareAnswer(req.headers.authorization, JSON.parse(text));
  if (body === undefined) return void res.writeHead(status, headers).end();
  const json = JSON.stringify(body);
  const ofBody = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) };
  res.writeHead(status, { ...headers, ...ofBody }).end(json);
}
