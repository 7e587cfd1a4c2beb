/**
 * What ADR-0018 asks of a task definition on Fargate, judged on plain JSON as it is registered; what is answered does not hold. The sizes on sale and
 * what is not valid are from the Amazon ECS Developer Guide ("Task definition parameters for Fargate", "Task definition differences for Fargate").
 */
import { z } from 'zod';

const Container = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  readonlyRootFilesystem: z.boolean().optional(),
  memory: z.number().optional(),
  entryPoint: z.array(z.string()).optional(),
  linuxParameters: z
    .looseObject({ capabilities: z.looseObject({ drop: z.array(z.string()).optional(), add: z.array(z.string()).optional() }).optional() })
    .optional(),
  ulimits: z.array(z.object({ name: z.string(), hardLimit: z.number() })).optional(),
  mountPoints: z.array(z.object({ containerPath: z.string(), readOnly: z.boolean() })).optional(),
});

const TaskDefinition = z.looseObject({
  cpu: z.string(),
  memory: z.string(),
  networkMode: z.string().optional(),
  taskRoleArn: z.unknown().optional(),
  volumes: z.array(z.looseObject({ name: z.string() })).optional(),
  containerDefinitions: z.array(Container),
});

const notOnFargate = ['devices', 'disableNetworking', 'dnsServers', 'dockerSecurityOptions', 'extraHosts', 'links', 'privileged'];
const gibibyteMib = 1_024;
const onSale: Readonly<Record<string, readonly [number, number]>> = {
  '256': [512, 2 * gibibyteMib],
  '512': [gibibyteMib, 4 * gibibyteMib],
  '1024': [2 * gibibyteMib, 8 * gibibyteMib],
  '2048': [4 * gibibyteMib, 16 * gibibyteMib],
  '4096': [8 * gibibyteMib, 30 * gibibyteMib],
};

export function openFargateWalls(registered: unknown): string[] {
  const task = TaskDefinition.parse(registered);
  const [from, to] = onSale[task.cpu] ?? [Infinity, 0];
  const memory = Number(task.memory);
  const walls: [string, boolean][] = [
    ['own network', task.networkMode === 'awsvpc'],
    ['no credentials', task.taskRoleArn === undefined],
    ['size on sale', memory >= from && memory <= to && (memory % gibibyteMib === 0 || memory === 512)],
    ['volumes of the task', (task.volumes ?? []).every((volume) => Object.keys(volume).join() === 'name')],
    ...task.containerDefinitions.flatMap((container) => containerWalls(container, memory)),
  ];
  return walls.flatMap(([wall, holds]) => (holds ? [] : [wall]));
}

function containerWalls(container: z.infer<typeof Container>, taskMemory: number): [string, boolean][] {
  const { drop = [], add = [] } = container.linuxParameters?.capabilities ?? {};
  return [
    ['read-only root', container.readonlyRootFilesystem === true],
    ['own user', /^[1-9]\d{4,}:[1-9]\d{4,}$/.test(container.user ?? '')],
    ['no capabilities', drop.includes('ALL') && add.length === 0],
    ['open files', container.ulimits?.some(({ name, hardLimit }) => name === 'nofile' && hardLimit <= 1_024) === true],
    ['threads', container.entryPoint?.[0] === '/usr/bin/prlimit' && container.entryPoint.some((part) => /^--nproc=\d+$/.test(part))],
    [
      'only scratch is writable',
      (container.mountPoints ?? []).every(({ containerPath, readOnly }) => readOnly || containerPath === '/scratch'),
    ],
    // The task's memory is what is on sale; the class is held by the container.
    ['memory', container.memory !== undefined && container.memory <= taskMemory],
    ['image by digest', /@sha256:[0-9a-f]{64}$/.test(container.image)],
    ['valid on Fargate', notOnFargate.every((name) => !(name in container))],
  ];
}
