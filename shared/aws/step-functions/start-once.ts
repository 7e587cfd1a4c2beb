import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient, type StartExecutionInput } from '@aws-sdk/client-sfn';
import { McError } from '../../core/errors.ts';

/**
 * Starts an execution of a Standard state machine by its name; a second start under that name finds the first. Throws `mc:store:unavailable`, in
 * which `who` does not answer.
 */
export async function startOnce(client: SFNClient, start: StartExecutionInput & { name: string }, who: string): Promise<void> {
  try {
    await client.send(new StartExecutionCommand(start));
  } catch (cause) {
    if (!(cause instanceof ExecutionAlreadyExists)) throw new McError('mc:store:unavailable', `${who} does not answer`, { cause });
  }
}
