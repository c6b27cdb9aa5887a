import { type InputRequest, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** A name, as a user gives it. */
export const NAME = z.object({ name: z.string() });

/** A favourite colour, as a user gives it. */
export const COLOR = z.object({ color: z.string() });

/** A yes or no, as a user gives it. */
export const CONFIRMATION = z.object({ ok: z.boolean() });

/** What a prompt is to take into account, as a user gives it. */
export const CONTEXT = z.object({ context: z.string() });

/** Asks the user for a `NAME`. */
export function askName(message = 'What is your name?'): InputRequest {
  return inputRequired.elicit({ message, requestedSchema: NAME });
}

/** Asks the user for a `COLOR`. */
export function askColor(message: string): InputRequest {
  return inputRequired.elicit({ message, requestedSchema: COLOR });
}

/** Asks the user for a `CONFIRMATION`. */
export function askConfirmation(): InputRequest {
  return inputRequired.elicit({ message: 'Please confirm', requestedSchema: CONFIRMATION });
}

/** Asks the user for a `CONTEXT`. */
export function askContext(): InputRequest {
  return inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema: CONTEXT });
}

/** Asks the model of the client. */
export function askModel(prompt: string): InputRequest {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
    maxTokens: 100,
  });
}
