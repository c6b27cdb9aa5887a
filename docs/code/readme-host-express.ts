import { tenancy } from './readme-tenancy.ts';

//#region host

import { mcpExpress } from '@mcp-tenancy/express';
import express from 'express';

const app = express();
app.use(mcpExpress(tenancy));
app.listen(3000, '127.0.0.1');
//#endregion host
