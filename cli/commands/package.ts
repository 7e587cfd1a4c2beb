import { statSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { digestBytes } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printPage, printResult, type OutputOptions } from '../terminal/report.ts';
import { table } from '../terminal/table.ts';
import { shortDigest } from '../terminal/units.ts';
import { reasonOf } from '../workflow-source.ts';
import { writeWhole } from '../write-file.ts';

/** Builds, pushes and lists task packages. */
export function addPackage(program: Command): void {
  const group = program.command('package').description('build, push and list task packages');
  addBuild(group);
  addPush(group);
  addList(group);
}

function addBuild(group: Command): void {
  const command = group
    .command('build')
    .description('build a package from a folder with mc-package.json and index.ts')
    .argument('<folder>', 'folder of the package')
    .requiredOption('-o, --output <file>', 'file to write');
  describeCommand(command, [
    { line: 'maestro package build . -o echo.tar', meaning: 'the same folder always gives the same bytes' },
  ]).action(async (folder: string, options: OutputOptions & { output: string }) => {
    const bytes = await build(folder);
    writeWhole(options.output, bytes);
    const answer = { file: options.output, digest: digestBytes(bytes), sizeBytes: bytes.length };
    printResult(options, answer, () => `${paint('green', '✔')} built ${answer.file}, ${String(answer.sizeBytes)} bytes, ${answer.digest}`);
  });
}

function addPush(group: Command): void {
  const command = group
    .command('push')
    .description('push a package to the home, which signs it')
    .argument('<file>', 'built package, or a folder to build first');
  describeCommand(addConnection(command), [
    { line: 'maestro package push echo.tar', meaning: 'a built package' },
    { line: 'maestro package push .', meaning: 'build and push' },
  ]).action(async (path: string, options: HomeOptions) => {
    const pushed = await connect(options).pushPackage(await packageBytes(path));
    printResult(options, pushed, () => `${paint('green', '✔')} pushed ${paint('bold', pushed.uses)}, ${pushed.digest}`);
  });
}

function addList(group: Command): void {
  const command = group.command('ls').description('list the packages that workflows can use');
  describeCommand(addConnection(addPaging(command)), [{ line: 'maestro package ls', meaning: 'own packages and the catalog' }]).action(
    async (options: HomeOptions & PagingOptions) => {
      const page = await connect(options).listPackages({ limit: options.limit, cursor: options.cursor });
      const rows = page.items.map((item) => [item.uses, paint('dim', shortDigest(item.digest)), item.descriptor.description]);
      printPage(options, page, {
        command: 'maestro package ls',
        human: () =>
          rows.length === 0 ? 'no packages' : table([{ title: 'PACKAGE' }, { title: 'DIGEST' }, { title: 'WHAT IT DOES' }], rows),
      });
    },
  );
}

async function packageBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (!statSync(path).isDirectory()) return readFileSync(path);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  return build(path);
}

async function build(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const { buildPackage } = await import('../../catalog/package-builder.ts'); // Loaded here, so that other commands start without the bundler.
  return new Uint8Array(await buildPackage(folder));
}
