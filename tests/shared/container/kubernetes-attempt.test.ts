import { describe, expect, test } from '@jest/globals';
import { classLimits } from '../../../shared/core/class-limits.ts';
import { ResourceClass } from '../../../shared/core/resource-class.ts';
import { kubernetesAttempt } from '../../../shared/container/kubernetes-attempt.ts';
import { buildAttemptContainer } from '../../support/container/build-attempt-container.ts';
import { restrictedViolations } from '../../support/container/pod-security.ts';

const build = (more: Parameters<typeof buildAttemptContainer>[0] = {}): ReturnType<typeof kubernetesAttempt> =>
  kubernetesAttempt(buildAttemptContainer(more), 'attempts');
const mebibyte = 1024 * 1024;

/** What ADR-0018 asks of a pod beyond the standard `restricted`; what is named does not hold. */
function openWalls({ job, networkPolicy }: ReturnType<typeof kubernetesAttempt>): string[] {
  const { spec, metadata } = job.spec.template;
  const [container] = spec.containers;
  const selector = Object.entries(networkPolicy.spec.podSelector.matchLabels);
  const walls: [string, boolean][] = [
    ['read-only root', spec.containers.every(({ securityContext }) => securityContext.readOnlyRootFilesystem)],
    ['own user', spec.securityContext.runAsUser > 10_000 && spec.securityContext.runAsGroup > 10_000 && !spec.hostUsers],
    ['limits are requests', JSON.stringify(container?.resources.limits) === JSON.stringify(container?.resources.requests)],
    ['ephemeral limit', container?.resources.limits['ephemeral-storage'] !== undefined],
    ['size of scratch', spec.volumes.every(({ emptyDir }) => /^\d+Mi$/.test(emptyDir.sizeLimit))],
    ['deadline', job.spec.activeDeadlineSeconds > 0 && spec.restartPolicy === 'Never' && job.spec.backoffLimit === 0],
    ['no credentials', !spec.automountServiceAccountToken && !spec.enableServiceLinks],
    ['no DNS', spec.dnsPolicy === 'None' && spec.dnsConfig.nameservers.every((address) => address === '127.0.0.1')],
    ['threads', container?.command[0] === '/usr/bin/prlimit' && container.command.some((argument) => argument.startsWith('--nproc='))],
    ['network policy', selector.length > 0 && selector.every(([name, value]) => metadata.labels[name] === value)],
    ['no network', networkPolicy.spec.policyTypes.join() === 'Ingress,Egress' && networkPolicy.spec.ingress.length === 0],
    ['image by digest', spec.containers.every(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image))],
  ];
  return walls.flatMap(([wall, holds]) => (holds ? [] : [wall]));
}

describe('an attempt as a pod of Kubernetes', () => {
  test.each(ResourceClass.options)('a pod of class %s meets the standard `restricted` and has every wall', (resourceClass) => {
    const built = build({ resourceClass });
    expect(restrictedViolations(built.job.spec.template.spec)).toEqual([]);
    expect(openWalls(built)).toEqual([]);
  });

  test.each<[string, string, unknown]>([
    ['securityContext.runAsNonRoot', 'non-root', false],
    ['securityContext.runAsUser', 'non-root user', 0],
    ['securityContext.seccompProfile', 'seccomp', { type: 'Unconfined' }],
    ['securityContext.seccompProfile', 'seccomp', undefined],
    ['containers.0.securityContext.allowPrivilegeEscalation', 'privilege escalation', undefined],
    ['containers.0.securityContext.privileged', 'privileged', true],
    ['containers.0.securityContext.capabilities', 'capabilities', { drop: ['NET_RAW'] }],
    ['containers.0.securityContext.capabilities', 'capabilities', { drop: ['ALL'], add: ['SYS_ADMIN'] }],
    ['hostNetwork', 'host namespaces', true],
    ['volumes', 'volume types', [{ name: 'scratch', hostPath: { path: '/' } }]],
    ['containers.0.ports', 'host ports', [{ containerPort: 1, hostPort: 1 }]],
  ])('%s weakened to break `%s` is found', (path, control, value) => {
    expect(restrictedViolations(weakened(build().job.spec.template.spec, path, value))).toEqual([control]);
  });

  test.each<[string, string, unknown]>([
    ['job.spec.template.spec.containers.0.securityContext.readOnlyRootFilesystem', 'read-only root', false],
    ['job.spec.template.spec.hostUsers', 'own user', true],
    ['job.spec.template.spec.containers.0.resources.requests.memory', 'limits are requests', '1Mi'],
    ['job.spec.template.spec.volumes.0.emptyDir.sizeLimit', 'size of scratch', undefined],
    ['job.spec.template.spec.automountServiceAccountToken', 'no credentials', true],
    ['job.spec.template.spec.dnsPolicy', 'no DNS', 'ClusterFirst'],
    ['job.spec.template.spec.containers.0.command', 'threads', ['/opt/maestro/runner']],
    ['job.spec.backoffLimit', 'deadline', 6],
    ['networkPolicy.spec.podSelector.matchLabels', 'network policy', { other: 'pods' }],
    ['networkPolicy.spec.policyTypes', 'no network', ['Ingress']],
    ['job.spec.template.spec.containers.0.image', 'image by digest', 'registry.example.com/runner:latest'],
  ])('%s weakened to open `%s` is found', (path, wall, value) => {
    expect(openWalls(weakened(build(), path, value))).toEqual([wall]);
  });

  test('limits are those of the class in every home, and the pod has room for the runner besides', () => {
    for (const resourceClass of ResourceClass.options) {
      const { memoryBytes, scratchBytes, threads, openFiles, processors } = classLimits[resourceClass];
      const { spec } = build({ resourceClass }).job.spec.template;
      expect(spec.containers[0]?.resources.limits).toEqual({
        cpu: String(processors),
        memory: `${memoryBytes / mebibyte + 256}Mi`,
        'ephemeral-storage': `${scratchBytes / mebibyte + 32}Mi`,
      });
      expect(spec.volumes[0]?.emptyDir.sizeLimit).toBe(`${scratchBytes / mebibyte}Mi`);
      expect(spec.containers[0]?.command).toEqual(
        expect.arrayContaining([`--nproc=${threads}`, `--nofile=${openFiles}`, `--fsize=${scratchBytes}`]),
      );
    }
  });

  test('the only way out is the proxy, and none for a task that declares no egress', () => {
    expect(build().networkPolicy.spec.egress).toEqual([]);
    expect(build({ egressProxy: { address: '10.0.1.7', port: 3_128 } }).networkPolicy.spec.egress).toEqual([
      { to: [{ ipBlock: { cidr: '10.0.1.7/32' } }], ports: [{ protocol: 'TCP', port: 3_128 }] },
    ]);
  });

  test('the deadline of the platform comes after that of the runner', () => {
    expect(build({ timeoutMs: 1_001 }).job.spec.activeDeadlineSeconds).toBe(122);
  });

  test('one attempt has one name, a DNS label, and another attempt has another', () => {
    const names = [build(), build(), build({ attempt: 2 }), build({ taskId: 'scan' })].map(({ job }) => job.metadata.name);
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toBe(names[1]);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
  });

  test.each([
    { image: 'registry.example.com/runner:1.0' },
    { taskId: '--privileged' },
    { egressProxy: { address: 'proxy.example.com', port: 1 } },
  ])('what could mean something else later is refused: %j', (more) => {
    expect(() => build(more)).toThrow();
  });
});

/** The same JSON with another value (or none) in one place. */
function weakened<T>(built: T, path: string, value: unknown): T {
  const copy = structuredClone(built);
  const parts = path.split('.');
  let at: unknown = copy;
  for (const part of parts.slice(0, -1)) at = Reflect.get(at as object, part); // Every part but the last is an object of the manifest.
  const last = parts.at(-1) ?? '';
  if (value === undefined) Reflect.deleteProperty(at as object, last);
  else Reflect.set(at as object, last, value);
  return copy;
}
