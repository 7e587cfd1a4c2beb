/** The adversarial package: all attacks in one module, built and read back like any package, and never shipped. */
import { readBundle } from '../../shared/package/bundle.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import type { TaskSpec } from '../../shared/port/runner.ts';
import { buildBundle } from '../support/build-package.ts';
import type { EscapeCase } from './escape-case.ts';

const uses = 'pkg:test/attacks@1.0.0';

export const attackKey = ({ group, name }: Pick<EscapeCase, 'group' | 'name'>): string => `${group}: ${name}`;

/** Modules that an attack may name, by the name it uses. */
const modules = {
  fs: 'fs',
  path: 'path',
  net: 'net',
  os: 'os',
  dgram: 'dgram',
  dns: 'dns',
  http: 'http',
  processes: 'child_process',
  threads: 'worker_threads',
};

/** Loads what the code names and nothing else: all of them take longer to load than Node takes to start, some 400 times a suite. */
const importsFor = (code: string): string =>
  Object.entries(modules)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(code))
    .map(([name, module]) => `const ${name} = await import('node:${module}');\n`)
    .join('');

/** A package answers what its attack says of itself: that it reached its aim, or the error that stopped it. */
export async function buildAttackPackage(attacks: readonly EscapeCase[]): Promise<TaskSpec['package']> {
  const cases = attacks.map(
    (attack) =>
      `${JSON.stringify(attackKey(attack))}: async ({ inputs, workspace, scratch, log }) => {\n${importsFor(attack.code)}${attack.code}\n},`,
  );
  const code = `import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
const attacks = {\n${cases.join('\n')}\n};
/** Resolves when a socket is connected, and rejects when it cannot be. */
const connected = async (socket) => { await once(socket, 'connect'); return socket; };
export default async (task) => {
  try {
    return { reached: true, text: String(await attacks[task.inputs.attack]({ ...task, inputs: task.inputs })) };
  } catch (error) {
    return { reached: false, text: String(error?.code ?? error?.name) + ' ' + String(error?.message ?? error) };
  }
};
export { connected, delay, once };
`;
  const { entry } = await readBundle(await buildBundle({ name: 'test/attacks' }, code));
  return { uses, digest: digestBytes(entry), entry };
}
