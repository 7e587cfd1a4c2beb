import type { SFNClient } from '@aws-sdk/client-sfn';
import type { RotationInput, Rotations } from '../../port/keys/rotations.ts';
import { startOnce } from './start-once.ts';

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
    const start = { stateMachineArn: this.#stateMachineArn, name, input: JSON.stringify({ rotationId: input.rotationId }) };
    await startOnce(this.#client, start, 'the state machine of key rotations');
  }
}
