import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionCode } from '../function-code.ts';
import type { HomeParts } from '../home-environment.ts';
import { addSchedule } from './add-schedule.ts';
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

const definitionFile = join(import.meta.dirname, '..', '..', 'statemachines', 'key-rotation.asl.json');

/** The ARN of the machine of this name, known before the machine: functions need it, and the machine needs theirs. */
export function rotationMachineArn(scope: Construct, machineName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: 'states', resource: 'stateMachine', resourceName: machineName, arnFormat });
}

/** Rotates keys: the machine, the only function that may make, switch and delete keys, and the schedule that begins what is due. */
export class KeyRotation extends Construct {
  readonly machine: StateMachine;
  readonly watch: OperationFunction;
  readonly rotate: OperationFunction;

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    this.rotate = this.#function('Rotate', props, 'take-rotation-step', 'Takes one step of a rotation of keys');
    const { parts } = props;
    parts.receipts.grantReadWrite(this.rotate.role);
    parts.logKey.grantSign(this.rotate.role);
    parts.signingKey.grantRotate(this.rotate.role);
    parts.envelopeKey.grantRotate(this.rotate.role);
    this.machine = this.#machine(props.machineName);
    this.watch = this.#function('Watch', props, 'watch-rotations', 'Begins rotations that are due and goes on with those that stopped');
    parts.signingKey.grantTry(this.watch.role);
    parts.envelopeKey.grantTry(this.watch.role);
    grant(this.watch.role, ['states:StartExecution'], [rotationMachineArn(this, props.machineName)]);
    addSchedule(this, 'WatchSchedule', {
      operation: this.watch,
      description: 'Looks at the age of the keys of Maestro Conductor',
      rate: '1 hour',
      input: { maxKeyDays: props.maxKeyDays },
    });
  }

  #function(id: string, { code, parts, environment }: KeyRotationProps, name: string, description: string): OperationFunction {
    const timeout = Duration.minutes(15);
    const made = new OperationFunction(this, id, { code: code.of(name), environment, description, timeout, memorySizeMb: 1_024 });
    parts.table.grantReadWrite(made.role);
    return made;
  }

  #machine(stateMachineName: string): StateMachine {
    const machine = new StateMachine(this, 'Machine', {
      stateMachineName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(readFileSync(definitionFile, 'utf8')),
      definitionSubstitutions: { RotateKeyFunction: this.rotate.function.functionArn },
      role: new Role(this, 'MachineRole', { assumedBy: new ServicePrincipal('states.amazonaws.com') }),
      logs: {
        destination: new LogGroup(this, 'Log', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          // Evidence of a rotation is in the table and the log of statements; this is for whoever looks into a failure.
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    grant(machine.role, ['lambda:InvokeFunction'], [this.rotate.function.functionArn]);
    Validations.of(machine.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and the delivery of vended logs have no resources: both can only be allowed on *.',
    });
    return machine;
  }
}
