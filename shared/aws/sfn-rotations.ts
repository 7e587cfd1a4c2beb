import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { McError } from '../core/errors.ts';
import type { RotationInput, Rotations } from '../port/keys/rotations.ts';

/** Rotations by a Standard state machine; each attempt has a name of its own, so a second start of one finds the first. */
export class SfnRotations implements Rotations {
  readonly #client: SFNClient;
  readonly #stateMachineArn: string;

  constructor(client: SFNClient, stateMachineArn: string) {
    this.#client = client;
    this.#stateMachineArn = stateMachineArn;
  }

  async start(input: RotationInput, attempt: number): Promise<void> {
    const name = `${input.rotationId}-${attempt}`;
    try {
      await this.#client.send(
        new StartExecutionCommand({
          stateMachineArn: this.#stateMachineArn,
          name,
          input: JSON.stringify({ rotationId: input.rotationId }),
        }),
      );
    } catch (cause) {
      if (cause instanceof ExecutionAlreadyExists) return;
      throw new McError('mc:store:unavailable', 'the state machine of key rotations does not answer', { cause });
    }
  }
}
