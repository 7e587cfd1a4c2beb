import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionCode } from '../function-code.ts';
import type { HomeParts } from '../home-environment.ts';
import { addSchedule } from './add-schedule.ts';
import { addStateMachine, stateMachineArn } from './add-state-machine.ts';
import { grant } from './grant.ts';
import { OperationFunction } from './operation-function.ts';

interface KeyRotationProps {
  code: FunctionCode;
  parts: HomeParts;
  environment: Readonly<Record<string, string>>;
  machineName: string;
  /** Keys of so many days are rotated; 0 for never. */
  maxKeyDays: number;
}

/** Rotates keys: the machine, the only function that may make, switch and delete keys, and the schedule that begins what is due. */
export class KeyRotation extends Construct {
  /** Looks every hour at what is due and what stopped. */
  readonly watch: OperationFunction;

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    const rotate = this.#function('Rotate', props, 'take-rotation-step', 'Takes one step of a rotation of keys');
    const { parts } = props;
    parts.receipts.grantReadWrite(rotate.role);
    parts.logKey.grantSign(rotate.role);
    parts.signingKey.grantRotate(rotate.role);
    parts.envelopeKey.grantRotate(rotate.role);
    addStateMachine(this, 'Machine', {
      machineName: props.machineName,
      definition: 'key-rotation',
      functions: { RotateKey: rotate },
      logId: 'Log',
      // Evidence of a rotation is in the table and the log of statements; this is for whoever looks into a failure.
      logRetention: RetentionDays.THREE_MONTHS,
    });
    this.watch = this.#function('Watch', props, 'watch-rotations', 'Begins rotations that are due and goes on with those that stopped');
    parts.signingKey.grantTry(this.watch.role);
    parts.envelopeKey.grantTry(this.watch.role);
    grant(this.watch.role, ['states:StartExecution'], [stateMachineArn(this, props.machineName)]);
    addSchedule(this, 'WatchSchedule', {
      calls: this.watch,
      description: 'Looks at the age of the keys of Maestro Conductor',
      at: 'rate(1 hour)',
      input: { maxKeyDays: props.maxKeyDays },
    });
  }

  #function(id: string, { code, parts, environment }: KeyRotationProps, name: string, description: string): OperationFunction {
    const timeout = Duration.minutes(15);
    const made = new OperationFunction(this, id, { code: code.of(name), environment, description, timeout, memorySizeMb: 1_024 });
    parts.table.grantReadWrite(made.role);
    return made;
  }
}
