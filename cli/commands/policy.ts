import type { Command } from 'commander';
import { addPolicyList } from './policy/list-packs.ts';
import { addPolicyPush } from './policy/push-pack.ts';
import { addPolicyReplay } from './policy/replay-pack.ts';
import { addPolicyRetire } from './policy/retire-pack.ts';
import { addPolicyShow } from './policy/show-pack.ts';
import { addPolicyTest } from './policy/test-pack.ts';

/** Lists, shows, tests, pushes and replays policy packs; one file a command in ./policy. */
export function addPolicy(program: Command): void {
  const group = program.command('policy').description('list, show, test, push and replay policy packs');
  for (const add of [addPolicyList, addPolicyShow, addPolicyTest, addPolicyPush, addPolicyRetire, addPolicyReplay]) add(group);
}
