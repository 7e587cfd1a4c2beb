import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import type { Issue } from '../../../shared/core/issue.ts';
import type { ReadPack } from '../../../shared/port/pack-library.ts';
import { describeCommand } from '../../command-options.ts';
import { readPackSource } from '../../policy-source.ts';
import { paint } from '../../terminal/paint.ts';
import { note, printResult, type OutputOptions } from '../../terminal/report.ts';
import { plural } from '../../terminal/units.ts';
import { renderWarnings } from '../../terminal/render-warnings.ts';

/** Tries a pack on its own examples, with the engine that will judge with it, and without a home. */
export function addPolicyTest(group: Command): void {
  const command = group
    .command('test')
    .description('try a policy pack on its own examples; needs no home')
    .argument('[path]', 'a bundle, or a folder with .manifest and rules, which needs `opa` to build', '.');
  describeCommand(command, [
    { line: 'maestro policy test', meaning: 'the pack in this folder' },
    { line: 'maestro policy test bundle.tar.gz', meaning: 'a built bundle, signed or not' },
  ]).action(testPack);
}

async function testPack(path: string, options: OutputOptions): Promise<void> {
  const archive = readPackSource(path);
  const { checkGoldens } = await import('../../../shared/policy-catalog/check-goldens.ts');
  const { bundledPacks } = await import('../../../policy/catalog/bundled-packs.ts'); // Loaded here, so that other commands start without the engine.
  const { inspectPack } = await import('../../../policy/catalog/inspect-pack.ts');
  const { pack, isSound, issues, warnings } = await inspectPack(archive, 'unsigned');
  const failed = [...issues, ...(pack === undefined || !isSound ? [] : await checkGoldens(bundledPacks(), archive, pack))];
  if (options.json !== true && isSound && pack && pack.entry.examples.length > 0) note(renderCases(pack, failed));
  if (pack === undefined || failed.length > 0) throw refused(path, failed);
  const { name, version, examples, rules } = pack.entry;
  const answer = { name, version, digest: pack.digest, cases: examples.length, rules: rules.map(({ rule }) => rule), warnings };
  printResult(options, answer, () =>
    [
      `${paint('green', '✔')} ${paint('bold', `${name}@${version}`)}: ${plural(examples.length, 'case')} judged as expected`,
      ...renderWarnings(warnings),
    ].join('\n'),
  );
}

/** One line a case. */
function renderCases({ entry }: ReadPack, issues: readonly Issue[]): string {
  const isFailed = (index: number): boolean =>
    issues.some(({ pointer }) => `${pointer}/`.startsWith(`/metadata/goldens/${String(index)}/`));
  return entry.examples
    .map(({ title, expect }, index) => `${isFailed(index) ? paint('red', '✘') : paint('green', '✔')} ${expect.verdict.padEnd(5)}  ${title}`)
    .join('\n');
}

function refused(path: string, issues: readonly Issue[]): McError {
  return new McError('mc:policy:bundle-refused', `${path} would not be accepted: ${plural(issues.length, 'problem')}.`, { issues });
}
