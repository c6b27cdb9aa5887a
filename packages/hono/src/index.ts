export { type McpHonoOptions, mcpHono } from './mcp-hono.ts';
