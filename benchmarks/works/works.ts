import { churn } from './churn.ts';
import { largeResult } from './large-result.ts';
import { modernCall } from './modern-call.ts';
import { progress } from './progress.ts';
import { steady } from './steady.ts';
import { toolsCall } from './tools-call.ts';
import { toolsList } from './tools-list.ts';
import type { Work } from './work.ts';

/** The names of what can be measured. */
export type WorkName = 'tools-call' | 'modern-call' | 'large-result' | 'tools-list' | 'churn' | 'progress' | 'steady';

/** What can be measured. */
export const works: Readonly<Record<WorkName, Work>> = {
  'tools-call': toolsCall,
  'modern-call': modernCall,
  'large-result': largeResult,
  'tools-list': toolsList,
  churn,
  progress,
  steady,
};
