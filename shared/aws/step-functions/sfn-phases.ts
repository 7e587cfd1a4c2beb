import { InvalidToken, SendTaskSuccessCommand, TaskDoesNotExist, TaskTimedOut, type SFNClient } from '@aws-sdk/client-sfn';
import { McError } from '../../core/errors.ts';
import type { PhaseInput, Phases, TasksEnd } from '../../port/phases.ts';
import { startOnce } from './start-once.ts';

/** Who does not answer when Step Functions does not. */
const supervisor = 'the supervisor of runs';

/** Supervision by a Standard state machine: the name of its execution is the id of ours, so a second start finds the first. */
export class SfnPhases implements Phases {
  readonly #client: SFNClient;
  readonly #stateMachineArn: string;

  constructor(client: SFNClient, stateMachineArn: string) {
    this.#client = client;
    this.#stateMachineArn = stateMachineArn;
  }

  async start(input: PhaseInput): Promise<void> {
    const start = { stateMachineArn: this.#stateMachineArn, name: input.executionId, input: JSON.stringify(input) };
    await startOnce(this.#client, start, supervisor);
  }

  async finishRun(_input: PhaseInput, { token, outcome }: TasksEnd): Promise<void> {
    // Without a token nobody waits yet; AwaitRun looks at the state before it waits.
    if (token === undefined) return;
    try {
      await this.#client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify({ outcome }) }));
    } catch (error) {
      const nobodyWaits = error instanceof TaskTimedOut || error instanceof InvalidToken || error instanceof TaskDoesNotExist;
      if (!nobodyWaits) throw new McError('mc:store:unavailable', `${supervisor} does not answer`, { cause: error });
    }
  }
}
