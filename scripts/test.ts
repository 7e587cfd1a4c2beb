/**
 * Runs jest with the Node flags that ES modules need; every argument goes to jest as it is (`npm test -- tests/shared/plan`).
 * The flags are given to jest and its workers only, so that programs started by tests see the environment a user has.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = fileURLToPath(import.meta.resolve('jest/bin/jest'));
const { status, error } = spawnSync(process.execPath, [...flags, jest, ...process.argv.slice(2)], { stdio: 'inherit' });
if (error) throw error;
process.exitCode = status ?? 1;
