import {
  ExecutionAlreadyExists,
  InvalidToken,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { McError } from '../core/errors.ts';
import type { PhaseInput, Phases, TasksEnd } from '../port/phases.ts';

/** Supervision by a Standard state machine: the name of its execution is the id of ours, so a second start finds the first. */
export class SfnPhases implements Phases {
  readonly #client: SFNClient;
  readonly #stateMachineArn: string;

  constructor(client: SFNClient, stateMachineArn: string) {
    this.#client = client;
    this.#stateMachineArn = stateMachineArn;
  }

  async start(input: PhaseInput): Promise<void> {
    try {
      await this.#client.send(
        new StartExecutionCommand({ stateMachineArn: this.#stateMachineArn, name: input.executionId, input: JSON.stringify(input) }),
      );
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw unavailable(error);
    }
  }

  async finishRun(_input: PhaseInput, { token, outcome }: TasksEnd): Promise<void> {
    // Without a token nobody waits yet; AwaitRun looks at the state before it waits.
    if (token === undefined) return;
    try {
      await this.#client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify({ outcome }) }));
    } catch (error) {
      const nobodyWaits = error instanceof TaskTimedOut || error instanceof InvalidToken || error instanceof TaskDoesNotExist;
      if (!nobodyWaits) throw unavailable(error);
    }
  }
}

function unavailable(cause: unknown): McError {
  return new McError('mc:store:unavailable', 'the supervisor of runs does not answer', { cause });
}
