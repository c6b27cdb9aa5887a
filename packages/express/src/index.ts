export { type McpExpressOptions, mcpExpress } from './mcp-express.ts';
