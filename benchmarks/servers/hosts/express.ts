import { createServer, type Server } from 'node:http';
import type { Tenancy } from '@mcp-tenancy/core';
import { mcpExpress } from '@mcp-tenancy/express';
import express from 'express';
import { bareAnswer } from '../bare-answer.ts';

export function serverOf(tenancy: Tenancy): Server {
  return createServer(express().use(mcpExpress(tenancy)));
}

export function bareServer(): Server {
  const app = express();
  app.post('/mcp', express.json(), (req, res) => {
    const { status, headers, body } = bareAnswer(req.headers.authorization, req.body);
    res.status(status).set(headers);
    if (body === undefined) res.end();
    else if (typeof body === 'string') res.send(body);
    else res.json(body);
  });
  return createServer(app);
}
