import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Tenancy } from '@mcp-tenancy/core';
import { mcpHono } from '@mcp-tenancy/hono';
import { Hono } from 'hono';
import { bareAnswer, type Message } from '../bare-answer.ts';

export function serverOf(tenancy: Tenancy): Server {
  return listenerOf(new Hono().route('/', mcpHono(tenancy)));
}

export function bareServer(): Server {
  const app = new Hono();
  app.post('/mcp', async (c) => {
    const { status, headers, body } = bareAnswer(c.req.header('authorization'), await c.req.json<Message>());
    if (body === undefined) return c.body(null, status, headers);
    if (typeof body === 'string') return c.body(body, 200, headers);
    return c.json(body, status, headers);
  });
  return listenerOf(app);
}

function listenerOf({ fetch }: Hono): Server {
  // Of its three kinds of server, the one that it makes unless told otherwise.
  return createAdaptorServer({ fetch }) as Server;
}
