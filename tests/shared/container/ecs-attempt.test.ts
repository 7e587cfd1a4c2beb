import { describe, expect, test } from '@jest/globals';
import { classLimits } from '../../../shared/core/class-limits.ts';
import { ResourceClass } from '../../../shared/core/resource-class.ts';
import { ecsRunTask, ecsTaskDefinition, type EcsTaskDefinition } from '../../../shared/container/ecs-attempt.ts';
import { fargateSize } from '../../../shared/container/fargate-size.ts';
import { buildAttemptContainer } from '../../support/container/build-attempt-container.ts';
import { openFargateWalls } from '../../support/container/fargate-walls.ts';

const place = {
  family: 'mc-dev-small',
  executionRoleArn: 'arn:aws:iam::111122223333:role/pull',
  logGroup: '/attempts',
  region: 'eu-central-1',
};
const define = (resourceClass: ResourceClass = 'small'): EcsTaskDefinition =>
  ecsTaskDefinition(resourceClass, buildAttemptContainer().image, place);

describe('the task definition of a class on Fargate', () => {
  test.each(ResourceClass.options)('%s has every wall that Fargate knows', (resourceClass) => {
    expect(openFargateWalls(define(resourceClass))).toEqual([]);
  });

  test.each<[string, object, object]>([
    ['read-only root', { readonlyRootFilesystem: false }, {}],
    ['own user', { user: 'root' }, {}],
    ['no capabilities', { linuxParameters: { capabilities: { drop: [] } } }, {}],
    ['no capabilities', { linuxParameters: { capabilities: { drop: ['ALL'], add: ['SYS_PTRACE'] } } }, {}],
    ['open files', { ulimits: [] }, {}],
    ['threads', { entryPoint: ['/opt/maestro/runner'] }, {}],
    ['only scratch is writable', { mountPoints: [{ sourceVolume: 'scratch', containerPath: '/', readOnly: false }] }, {}],
    ['memory', { memory: 4_096 }, {}],
    ['image by digest', { image: 'registry.example.com/runner:latest' }, {}],
    ['valid on Fargate', { privileged: false }, {}],
    ['no credentials', {}, { taskRoleArn: 'arn:aws:iam::111122223333:role/admin' }],
    ['own network', {}, { networkMode: 'host' }],
    ['size on sale', {}, { cpu: '1024', memory: '512' }],
    ['volumes of the task', {}, { volumes: [{ name: 'scratch', host: { sourcePath: '/' } }] }],
  ])('weakened in `%s`, it is found', (wall, container, task) => {
    const definition = define();
    const weak = { ...definition, ...task, containerDefinitions: [{ ...definition.containerDefinitions[0], ...container }] };
    expect(openFargateWalls(weak)).toContain(wall);
  });

  test('limits are those of the class in every home', () => {
    for (const resourceClass of ResourceClass.options) {
      const [container] = define(resourceClass).containerDefinitions;
      const { memoryBytes, openFiles, threads, processors } = classLimits[resourceClass];
      expect(container.memory).toBe(memoryBytes / 1024 ** 2 + 256);
      expect(container.ulimits).toEqual([{ name: 'nofile', softLimit: openFiles, hardLimit: openFiles }]);
      expect(container.entryPoint).toContain(`--nproc=${threads}`);
      expect(define(resourceClass).cpu).toBe(String(processors * 1_024));
    }
  });

  test('the size is the smallest on sale that holds the class', () => {
    expect(ResourceClass.options.map(fargateSize)).toEqual([
      { cpu: 1_024, memoryMib: 2_048 },
      { cpu: 2_048, memoryMib: 4_096 },
      { cpu: 4_096, memoryMib: 8_192 },
    ]);
  });
});

describe('starting an attempt on Fargate', () => {
  const cluster = { cluster: 'mc-dev', taskDefinition: 'mc-dev-small:7', subnets: ['subnet-1', 'subnet-2'], securityGroup: 'sg-1' };

  test('asking twice for one attempt is one task, and another attempt is another', () => {
    const tokens = [{}, {}, { attempt: 2 }].map((more) => ecsRunTask(buildAttemptContainer(more), cluster).clientToken);
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[2]).not.toBe(tokens[0]);
    // RunTask takes at most 64 characters.
    expect(tokens[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the task has no public address, nobody can open a shell in it, and it runs a pinned revision', () => {
    expect(ecsRunTask(buildAttemptContainer(), cluster)).toMatchObject({
      taskDefinition: 'mc-dev-small:7',
      count: 1,
      enableExecuteCommand: false,
      networkConfiguration: {
        awsvpcConfiguration: { assignPublicIp: 'DISABLED', securityGroups: ['sg-1'], subnets: ['subnet-1', 'subnet-2'] },
      },
    });
  });

  test('what is overridden names the attempt and nothing else', () => {
    expect(ecsRunTask(buildAttemptContainer(), cluster).overrides).toEqual({
      containerOverrides: [{ name: 'attempt', command: ['exec_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'scan_All-1', '1'] }],
    });
  });
});
