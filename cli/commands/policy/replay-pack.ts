import type { Command } from 'commander';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { readPackSource } from '../../policy-source.ts';
import { connect } from '../../session.ts';
import { renderReplay } from '../../terminal/render-replay.ts';
import { exitWith, printResult } from '../../terminal/report.ts';
import { emptyReplay, withPage, type Replay } from '../../replay.ts';

type ReplayOptions = HomeOptions & { pack: string; since: string; failOnDeny?: boolean };

/** Shows who would have been denied by a candidate, before it denies anybody. */
export function addPolicyReplay(group: Command): void {
  const command = group
    .command('replay')
    .description('replay recorded decisions against a candidate: who would have been denied, by which rule, at what cost')
    .requiredOption('--pack <candidate>', 'bundle.tar.gz or folder of the candidate; it needs no signature and changes nothing')
    .option('--since <when>', 'how far back: a length of time such as 30d, or a time in ISO 8601', '30d')
    .option('--fail-on-deny', 'exit with 3 when anybody would have been denied, for CI');
  describeCommand(addConnection(command), [
    { line: 'maestro policy replay --pack bundle.tar.gz --since 30d', meaning: 'the decisions of the last 30 days' },
    { line: 'maestro policy replay --pack ./egress --fail-on-deny', meaning: 'in CI, for a folder that is built with stock OPA first' },
  ]).action(async (options: ReplayOptions) => {
    const client = connect(options);
    const archive = readPackSource(options.pack);
    let replay: Replay | undefined;
    let cursor: string | undefined;
    do {
      const page = await client.replayPolicy(archive, { since: options.since, cursor });
      replay = withPage(replay ?? emptyReplay(page), page);
      cursor = page.cursor;
    } while (cursor !== undefined);
    const whole = replay;
    printResult(options, whole, () => renderReplay(whole, options.since));
    if (options.failOnDeny === true && whole.newlyDenied.length > 0) exitWith(3);
  });
}
