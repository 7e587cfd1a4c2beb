/**
 * Attempts on ECS with Fargate: one task definition a class, registered by the stacks, and one RunTask an attempt. Fargate gives each task a kernel of its own;
 * its seccomp profile cannot be chosen and `privileged` is not on offer, so both are not said here.
 */
import { classLimits } from '../core/class-limits.ts';
import { digestBytes, hexOf } from '../core/digest.ts';
import type { ResourceClass } from '../core/resource-class.ts';
import type { AttemptContainer, ImageRef } from './attempt-container.ts';
import { containerSize, containerUser, limitedRunner, scratchPath, stopSeconds } from './container-walls.ts';
import { fargateSize } from './fargate-size.ts';

const mebibyte = 1024 * 1024;

/** What a deployment knows of the place its tasks run in. */
export interface EcsPlace {
  family: string;
  /** Pulls the image and writes the log; the task itself gets no role at all, and so no credentials. */
  executionRoleArn: string;
  logGroup: string;
  region: string;
}

/** Input of RegisterTaskDefinition, as far as attempts use it. */
export interface EcsTaskDefinition {
  family: string;
  requiresCompatibilities: ['FARGATE'];
  networkMode: 'awsvpc';
  cpu: string;
  memory: string;
  runtimePlatform: { cpuArchitecture: 'X86_64'; operatingSystemFamily: 'LINUX' };
  executionRoleArn: string;
  volumes: { name: string }[];
  containerDefinitions: [EcsContainer];
}

interface EcsContainer {
  name: 'attempt';
  image: string;
  essential: true;
  user: string;
  readonlyRootFilesystem: boolean;
  /** MiB; the kernel ends the container beyond it. */
  memory: number;
  entryPoint: string[];
  linuxParameters: { capabilities: { drop: string[] }; initProcessEnabled: boolean };
  ulimits: { name: 'nofile'; softLimit: number; hardLimit: number }[];
  mountPoints: { sourceVolume: string; containerPath: string; readOnly: boolean }[];
  stopTimeout: number;
  logConfiguration: { logDriver: 'awslogs'; options: Record<string, string> };
}

/** The task definition of a class. */
export function ecsTaskDefinition(resourceClass: ResourceClass, image: ImageRef, place: EcsPlace): EcsTaskDefinition {
  const { cpu, memoryMib } = fargateSize(resourceClass);
  const { openFiles } = classLimits[resourceClass];
  return {
    family: place.family,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: String(cpu),
    memory: String(memoryMib),
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    executionRoleArn: place.executionRoleArn,
    // Without a host path this is a folder of the task's own disk, which goes with the task.
    volumes: [{ name: 'scratch' }],
    containerDefinitions: [
      {
        name: 'attempt',
        image,
        essential: true,
        user: `${containerUser}:${containerUser}`,
        readonlyRootFilesystem: true,
        memory: containerSize(resourceClass).memoryBytes / mebibyte,
        entryPoint: limitedRunner(resourceClass),
        linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: false },
        ulimits: [{ name: 'nofile', softLimit: openFiles, hardLimit: openFiles }],
        mountPoints: [{ sourceVolume: 'scratch', containerPath: scratchPath, readOnly: false }],
        stopTimeout: stopSeconds,
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': place.logGroup, 'awslogs-region': place.region, 'awslogs-stream-prefix': resourceClass },
        },
      },
    ],
  };
}

/** Input of RunTask, as far as attempts use it. */
export interface EcsRunTask {
  cluster: string;
  taskDefinition: string;
  launchType: 'FARGATE';
  platformVersion: string;
  count: 1;
  clientToken: string;
  startedBy: string;
  enableExecuteCommand: false;
  networkConfiguration: { awsvpcConfiguration: { subnets: string[]; securityGroups: string[]; assignPublicIp: 'DISABLED' } };
  overrides: { containerOverrides: { name: 'attempt'; command: string[] }[] };
}

/** Where attempts are started. */
export interface EcsCluster {
  cluster: string;
  /** With its revision: the newest one may be of another image. */
  taskDefinition: string;
  subnets: readonly string[];
  /** Allows the egress proxy and what Fargate needs to start a task. */
  securityGroup: string;
}

/** Starts one attempt; ECS answers a second request for the same attempt with the task of the first. */
export function ecsRunTask(container: AttemptContainer, { cluster, taskDefinition, subnets, securityGroup }: EcsCluster): EcsRunTask {
  const { executionId, taskId, attempt } = container;
  return {
    cluster,
    taskDefinition,
    launchType: 'FARGATE',
    // The first whose root can be read-only with a volume, and whose image comes through the task's own network.
    platformVersion: '1.4.0',
    count: 1,
    clientToken: hexOf(digestBytes(`${executionId}/${taskId}/${attempt}`)),
    startedBy: executionId,
    enableExecuteCommand: false,
    networkConfiguration: {
      awsvpcConfiguration: { subnets: [...subnets], securityGroups: [securityGroup], assignPublicIp: 'DISABLED' },
    },
    overrides: { containerOverrides: [{ name: 'attempt', command: [executionId, taskId, String(attempt)] }] },
  };
}
