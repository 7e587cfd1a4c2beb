/**
 * The Pod Security Standard "restricted" as a function: every control of it that this pod does not meet. Written from the standard
 * (kubernetes.io, "Pod Security Standards"), on plain JSON, so that it judges what is sent and not what our types say.
 */
type Json = Record<string, unknown>;

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {}); // Plain JSON, read field by field.
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(record) : []);

const volumeTypes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const seccompTypes = ['RuntimeDefault', 'Localhost'];

export function restrictedViolations(spec: unknown): string[] {
  const pod = record(spec);
  const podContext = record(pod['securityContext']);
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((name) => list(pod[name]));
  const found = [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => pod[name] === true).map(() => 'host namespaces'),
    ...list(pod['volumes']).flatMap((volume) =>
      Object.keys(volume).every((key) => key === 'name' || volumeTypes.includes(key)) ? [] : ['volume types'],
    ),
    ...(podContext['sysctls'] === undefined ? [] : ['sysctls']),
    ...containers.flatMap((container) => containerViolations(container, podContext)),
  ];
  return [...new Set(found)];
}

function containerViolations(container: Json, pod: Json): string[] {
  const own = record(container['securityContext']);
  const effective = { ...pod, ...own };
  const { drop, add } = record(own['capabilities']);
  const added: unknown[] = Array.isArray(add) ? add : [];
  const seccomp = record(effective['seccompProfile'])['type'];
  const checks: [string, boolean][] = [
    ['privileged', own['privileged'] !== true],
    ['privilege escalation', own['allowPrivilegeEscalation'] === false],
    ['capabilities', Array.isArray(drop) && drop.includes('ALL') && added.every((name) => name === 'NET_BIND_SERVICE')],
    ['non-root', effective['runAsNonRoot'] === true],
    ['non-root user', effective['runAsUser'] !== 0],
    ['seccomp', typeof seccomp === 'string' && seccompTypes.includes(seccomp)],
    ['host ports', list(container['ports']).every(({ hostPort }) => hostPort === undefined || hostPort === 0)],
    ['proc mount', own['procMount'] === undefined || own['procMount'] === 'Default'],
    ['SELinux', effective['seLinuxOptions'] === undefined],
    ['AppArmor', effective['appArmorProfile'] === undefined || record(effective['appArmorProfile'])['type'] !== 'Unconfined'],
  ];
  return checks.flatMap(([control, holds]) => (holds ? [] : [control]));
}
