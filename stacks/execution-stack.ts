/**
 * What makes runs progress: the task queue and its worker, the state machine that supervises each run with a function a phase, the
 * sweep that finds what a crash left behind, and the log of what was signed.
 */
import { CfnOutput, CustomResource, Duration, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { addSchedule } from './constructs/add-schedule.ts';
import { addStateMachine, stateMachineArn } from './constructs/add-state-machine.ts';
import { callMaxMs } from '../shared/port/phases.ts';
import { deliveriesMax } from '../shared/port/task-queue.ts';
import { usualKeyDays } from '../shared/rotation/watch-rotations.ts';
import { grant } from './constructs/grant.ts';
import { KeyRotation } from './constructs/key-rotation.ts';
import { OperationFunction } from './constructs/operation-function.ts';
import { Retention } from './constructs/retention.ts';
import { TransparencyLog } from './constructs/transparency-log.ts';
import type { FunctionCode } from './function-code.ts';
import { homeEnvironment, type HomeParts } from './home-environment.ts';

interface ExecutionStackProps extends StackProps {
  stage: string;
  code: FunctionCode;
  parts: HomeParts;
  /** Where the home is declared to stand. */
  region: string | undefined;
  /** SPIFFE trust domain in which the home names its signer. */
  trustDomain?: string | undefined;
  /** The tenant whose admins run the home. */
  ownerTenant: string;
  /** Keys of so many days are rotated, 0 for never. */
  maxKeyDays?: number | undefined;
  /** Pollers of the queue that are always there; without them Lambda adds and takes away its own. */
  taskPollers: number | undefined;
}

/** The longest Lambda gives; functions/wire/lambda-runner.ts keeps tasks a minute below it, and functions/task/compensate-run.ts begins nothing that might not end in it. */
const workerTimeout = Duration.millis(callMaxMs);

/** Tasks at the same time. An account has 1,000 concurrent Lambdas by default, and the API needs some of them. */
const workersMax = 500;

/** Invocations that one poller of the queue's own keeps busy (Lambda, provisioned mode for SQS). */
const invocationsPerPoller = 10;

/** How fast and how far tasks are taken off the queue; Lambda takes either of the two limits. */
function readingOf(pollers: number | undefined): Pick<SqsEventSourceProps, 'maxConcurrency' | 'provisionedPollerConfig'> {
  if (pollers === undefined) return { maxConcurrency: workersMax };
  const maximumPollers = Math.max(pollers, Math.ceil(workersMax / invocationsPerPoller));
  return { provisionedPollerConfig: { minimumPollers: pollers, maximumPollers } };
}

export class ExecutionStack extends Stack {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly stateMachineArn: string;
  readonly supervisor: StateMachine;
  readonly worker: OperationFunction;
  readonly sweep: OperationFunction;
  readonly log: TransparencyLog;
  readonly keyRotation: KeyRotation;
  readonly retention: Retention;
  readonly #rotationMachineArn: string;
  readonly environmentOfHome: Record<string, string>;
  readonly #props: ExecutionStackProps;

  constructor(scope: Construct, id: string, props: ExecutionStackProps) {
    super(scope, id, props);
    this.#props = props;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Tasks', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: workerTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: deliveriesMax },
    });
    // Functions need the machine's ARN and the machine needs theirs: a name of ours breaks the circle.
    const stateMachineName = `mc-${props.stage}-run`;
    this.stateMachineArn = stateMachineArn(this, stateMachineName);
    const machineName = `mc-${props.stage}-key-rotation`;
    this.#rotationMachineArn = stateMachineArn(this, machineName);
    this.environmentOfHome = homeEnvironment(props.parts, {
      stage: props.stage,
      queueUrl: this.queue.queueUrl,
      stateMachineArn: this.stateMachineArn,
      rotationMachineArn: this.#rotationMachineArn,
      builderId: `https://maestro-conductor.dev/homes/aws/${props.stage}`,
      region: props.region,
      trustDomain: props.trustDomain,
      ownerTenant: props.ownerTenant,
    });
    this.worker = this.#worker();
    this.supervisor = this.#supervisor(stateMachineName);
    this.sweep = this.#sweep();
    this.log = new TransparencyLog(this, 'TransparencyLog', { code: props.code, parts: props.parts, environment: this.environmentOfHome });
    const { code, parts, maxKeyDays = usualKeyDays } = props;
    this.keyRotation = new KeyRotation(this, 'KeyRotation', { code, parts, environment: this.environmentOfHome, machineName, maxKeyDays });
    this.retention = new Retention(this, 'Retention', {
      code,
      parts,
      environment: this.environmentOfHome,
      machineName: `mc-${props.stage}-retention`,
    });
    this.#catalog();
    new CfnOutput(this, 'StateMachineArn', { value: this.supervisor.stateMachineArn, description: 'Supervises runs; one execution each' });
  }

  /** Lets a function start the supervision of a run. */
  grantStartRun(operation: OperationFunction): void {
    grant(operation.role, ['states:StartExecution'], [this.stateMachineArn]);
  }

  /** Lets a function try the keys in use and start a rotation of one. */
  grantStartRotation(operation: OperationFunction): void {
    this.#props.parts.signingKey.grantTry(operation.role);
    this.#props.parts.envelopeKey.grantTry(operation.role);
    grant(operation.role, ['states:StartExecution'], [this.#rotationMachineArn]);
  }

  /** Lets a function wake the phase that waits for a run. */
  grantFinishRun(operation: OperationFunction): void {
    grant(operation.role, ['states:SendTaskSuccess'], [this.stateMachineArn]);
  }

  #function(
    id: string,
    name: string,
    props: { description: string; timeout: Duration; memorySizeMb?: number; scratch?: Size; runsTasks?: boolean },
  ): OperationFunction {
    const { runsTasks, ...rest } = props;
    const environment = { ...this.environmentOfHome, ...(runsTasks && { MC_RUNS_TASKS: 'true' }) };
    return new OperationFunction(this, id, { ...rest, code: this.#props.code.of(name), environment });
  }

  #worker(): OperationFunction {
    const worker = this.#taskRunner('RunTask', 'run-task', 'Runs tasks off the queue');
    worker.function.addEventSource(
      // One message each: a second one would wait for the first task, however long that takes.
      new SqsEventSource(this.queue, { batchSize: 1, reportBatchItemFailures: true, ...readingOf(this.#props.taskPollers) }),
    );
    return worker;
  }

  /** A function that runs the code of packages in child processes of its own. */
  #taskRunner(id: string, name: string, description: string): OperationFunction {
    const runner = this.#function(id, name, {
      description,
      timeout: workerTimeout,
      // The `large` class is 4 GiB, and the process around the task needs some too.
      memorySizeMb: 5_120,
      scratch: Size.gibibytes(4),
      runsTasks: true,
    });
    this.#allowEngine(runner);
    return runner;
  }

  /** What the engine's functions have in common: they read and write runs, hand out tasks and wake phases. */
  #allowEngine(operation: OperationFunction): void {
    const { table, data, logs, receipts, signingKey } = this.#props.parts;
    table.grantReadWrite(operation.role);
    data.grantReadWrite(operation.role);
    logs.grantReadWrite(operation.role);
    receipts.grantRead(operation.role);
    signingKey.grantReadPublicKey(operation.role);
    this.queue.grantSendMessages(operation.role);
    this.grantFinishRun(operation);
  }

  #phase(id: string, name: string, description: string): OperationFunction {
    const phase = this.#function(id, name, { description, timeout: Duration.minutes(1) });
    this.#allowEngine(phase);
    return phase;
  }

  #supervisor(machineName: string): StateMachine {
    const seal = this.#phase('SealRun', 'seal-run', 'Signs and verifies the receipt of a run');
    this.#props.parts.signingKey.grantSign(seal.role);
    this.#props.parts.receipts.grantReadWrite(seal.role);
    const phases = {
      DispatchRun: this.#phase('DispatchRun', 'dispatch-run', 'Hands the ready tasks of a run out'),
      AwaitRun: this.#phase('AwaitRun', 'await-run', 'Waits for the tasks of a run'),
      CompensateRun: this.#taskRunner('CompensateRun', 'compensate-run', 'Undoes the tasks of a failed run'),
      SealRun: seal,
      RecordRun: this.#phase('RecordRun', 'record-run', 'Records what a run cost and did'),
    };
    return addStateMachine(this, 'Run', {
      machineName,
      definition: 'run',
      functions: phases,
      logId: 'RunLog',
      logRetention: RetentionDays.ONE_MONTH,
    });
  }

  #sweep(): OperationFunction {
    const sweep = this.#function('SweepExecutions', 'sweep-executions', {
      description: 'Finds runs that a crash left waiting and moves them on',
      timeout: Duration.minutes(5),
    });
    this.#allowEngine(sweep);
    this.grantStartRun(sweep);
    addSchedule(this, 'SweepSchedule', { calls: sweep, description: 'Sweeps the open runs of Maestro Conductor', at: 'rate(1 minute)' });
    return sweep;
  }

  /** Publishes the packages that are shipped with the product, opens the tenant of the home's owner and makes the authorities of the home, as a step of the deployment. */
  #catalog(): void {
    const install = this.#function('InstallCatalog', 'install-catalog', {
      description: 'Publishes the packages of the catalog and opens the tenant of the owner',
      timeout: Duration.minutes(5),
    });
    const { table, data, receipts, signingKey, authorityKeys } = this.#props.parts;
    authorityKeys.grantFound(install.role);
    table.grantReadWrite(install.role);
    data.grantReadWrite(install.role);
    receipts.grantReadWrite(install.role);
    signingKey.grantSign(install.role);
    const installed = new CustomResource(this, 'Catalog', {
      serviceToken: install.function.functionArn,
      resourceType: 'Custom::MaestroCatalog',
      // A little more than the function has; the default is an hour.
      serviceTimeout: Duration.minutes(6),
      // `authorities` is another one for a home of before it had any, so that the step runs.
      properties: { digest: this.#props.code.catalogDigest, ownerTenant: this.#props.ownerTenant, authorities: 1 },
    });
    // The step needs its rights before it starts; they live in a policy of their own.
    installed.node.addDependency(install.role);
  }
}
