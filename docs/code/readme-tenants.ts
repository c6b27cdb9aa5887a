import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { buildServerV2, serverFor } from './readme-context.ts';

const server = createPerBearerMcpServer();
const enterpriseServerFor = (customer: string) => serverFor(`${customer}-enterprise`);

//#region move-to-v2
server.updateToken('token-of-acme', buildServerV2); // sessions go on with the new server, clients without one are served from now on
//#endregion move-to-v2

//#region changes
server.addToken('token-of-initech', () => serverFor('initech')); // at once, without a restart
server.updateToken('token-of-acme', () => enterpriseServerFor('acme')); // connected clients keep their session
server.removeToken('token-of-globex'); // sessions end, the next request is a 401

server.on('sessionCreated', ({ sessionId, serverName }) => console.log(`${sessionId} talks to ${serverName}`));
server.on('toolCalled', ({ toolName, era, outcome }) => console.log(`${toolName} (${era}): ${outcome}`)); // no sessionId in era '2026'
//#endregion changes
