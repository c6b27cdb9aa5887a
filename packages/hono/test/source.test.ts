import { join } from 'node:path';
import { describeAdapterSource } from '@mcp-tenancy/testing';

describeAdapterSource(join(import.meta.dirname, '..'), ['hono', '@hono/node-server']);
