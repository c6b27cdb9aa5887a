import { tenancy } from './readme-tenancy.ts';

//#region host

import { createServer } from 'node:http';

createServer(tenancy.handler).listen(3000, '127.0.0.1');
//#endregion host
