import { assertRight } from '../messages.ts';
import { openSession } from '../open-session.ts';
import type { Work } from './work.ts';

/** A session's whole life: three requests. */
export const churn: Work = {
  description: 'a session from its start to its end (`initialize`, `notifications/initialized`, `DELETE`)',
  tools: 'small',
  inSession: false,
  async operate({ connection, headers }) {
    const ofSession = await openSession(connection, headers, false);
    const answer = await connection.delete(ofSession);
    assertRight(answer.status === 200 || answer.status === 204, 'DELETE', answer);
  },
};
