import { type EventLog, MemoryEventLog } from '@mcp-tenancy/core';
import { describeEventLog } from '@mcp-tenancy/testing';

describeEventLog('a MemoryEventLog', (): EventLog => new MemoryEventLog());
