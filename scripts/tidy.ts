/**
 * Checks the house rules that no other tool sees (scripts/tidy/check-*.ts, one file a rule). Prints every finding; exit code 1 when there is one.
 */
import { checkTree } from './tidy/check-tree.ts';

const findings = checkTree(process.argv[2] ?? '.');
for (const { rule, path, line, message } of findings) console.log(`${path}${line === undefined ? '' : `:${line}`}  ${rule}  ${message}`);
console.log(findings.length === 0 ? 'tidy: nothing found' : `tidy: ${findings.length} found`);
process.exitCode = findings.length === 0 ? 0 : 1;
